const percent = (share) => `${(100 * share).toFixed(2)} %`;

export function printTables(rows, { rows: each, seconds, lines }) {
  console.log(`${rows.length} start-ups, ${lines} lines answered in ${seconds.toFixed(1)} s\n`);
  const unanswered = rows.filter(({ answer }) => answer?.error !== undefined);
  for (const { point, answer } of unanswered)
    console.log(`unanswered ${point.pointId} ${point.facts}: ${answer.error.message}`);
  console.log(line('', 'n', 'mean', 'median', 'p95', 'max', 'inside', 'mean width'));
  for (const quantity of ['weights', 'kvGib', 'kvTokens']) {
    console.log(
      summary(
        `${quantity}, kaito-ts`,
        rows.map(({ errors }) => errors[quantity]),
      ),
    );
    console.log(
      summary(
        `${quantity}, upstream`,
        rows.map(({ upstream }) => upstream[quantity]),
        false,
      ),
    );
  }
  console.log('');
  verdicts(rows);
  for (const { title, key } of groupings) {
    console.log(`\nby ${title}`);
    const groups = Map.groupBy(rows, key);
    for (const [name, members] of [...groups].toSorted(([a], [b]) => String(a).localeCompare(String(b)))) {
      for (const quantity of ['weights', 'kvGib', 'kvTokens']) {
        const found = members.map(({ errors }) => errors[quantity]).filter(Boolean);
        if (found.length > 0) console.log(summary(`  ${name} ${quantity}`, found));
      }
    }
  }
  if (each) printRows(rows);
}

const groupings = [
  { title: 'attention', key: ({ model }) => `${model.attentionKind}${model.moe ? ' experts' : ''}` },
  { title: 'quantization', key: ({ point }) => point.stratum?.quantization ?? 'none' },
  { title: 'parallel', key: ({ point }) => point.stratum?.parallel ?? '1' },
  { title: 'version', key: ({ point }) => point.vllm_version ?? 'none' },
  { title: 'family left out', key: ({ model }) => model.family },
];

function verdicts(rows) {
  for (const [name, key] of [
    ['kaito-ts', 'errors'],
    ['upstream', 'upstream'],
  ]) {
    const judged = rows.map((row) => row[key].verdict).filter(Boolean);
    console.log(`verdict, ${name}: ${judged.filter(({ agrees }) => agrees).length} of ${judged.length}`);
  }
  const base = rows.map(({ errors }) => errors.verdict).filter(Boolean);
  const near = rows.flatMap(({ capacity }) => capacity).filter(({ answer }) => answer?.fits !== undefined);
  const right = near.filter(({ expected, answer }) => answer.fits === expected).length;
  console.log(`verdict at 0.9 and 1.1 of the measured tokens: ${right} of ${near.length}`);
  const all = right + base.filter(({ agrees }) => agrees).length;
  const asked = near.length + base.length;
  console.log(`verdict, all: ${all} of ${asked} (${((100 * all) / asked).toFixed(1)} %)`);
}

function summary(name, entries, withIntervals = true) {
  const found = entries.filter(Boolean);
  if (found.length === 0) return line(name, 0);
  const errors = found.map(({ error }) => error).toSorted((a, b) => a - b);
  const at = (share) => errors[Math.min(errors.length - 1, Math.ceil(share * errors.length) - 1)];
  return line(
    name,
    found.length,
    percent(mean(errors)),
    percent(at(0.5)),
    percent(at(0.95)),
    percent(errors.at(-1)),
    ...(withIntervals
      ? [
          `${found.filter(({ inside }) => inside).length}/${found.length}`,
          percent(mean(found.map(({ width }) => width))),
        ]
      : []),
  );
}

/** One line a group: how its start-ups are met by constants taken without it, beside the constants in use. */
export function printLeaveOut({ grouping, shipped, refitted, leftOut }) {
  const without = grouping === 'all' ? 'any start' : `one ${grouping}`;
  console.log(`constants taken again without ${without}, judged on it\n`);
  console.log(line('', 'n', 'mean', 'median', 'p95', 'max', 'inside', 'mean width'));
  for (const quantity of ['weights', 'kvGib', 'kvTokens']) {
    const of = (members) => members.map((errors) => errors[quantity]);
    console.log(summary(`${quantity}, as shipped`, of(shipped)));
    console.log(summary(`${quantity}, refitted to all`, of(refitted)));
    console.log(
      summary(
        `${quantity}, ${grouping} left out`,
        leftOut.flatMap(({ judged }) => of(judged)),
      ),
    );
  }
  const agreed = leftOut.flatMap(({ judged }) => judged.map(({ verdict }) => verdict)).filter(Boolean);
  console.log(
    `verdict, ${grouping} left out: ${agreed.filter(({ agrees }) => agrees).length} of ${agreed.length}\n`,
  );
  for (const { name, judged } of leftOut.toSorted((a, b) => String(a.name).localeCompare(String(b.name)))) {
    for (const quantity of ['weights', 'kvGib']) {
      const found = judged.map((errors) => errors[quantity]).filter(Boolean);
      if (found.length > 0) console.log(summary(`  ${name} ${quantity}`, found));
    }
  }
}

function mean(values) {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

function line(name, ...cells) {
  return `${String(name).padEnd(34)}${cells.map((cell) => String(cell).padStart(11)).join('')}`;
}

function printRows(rows) {
  console.log('');
  for (const { point, errors, answer } of rows) {
    const cells = ['weights', 'kvGib', 'kvTokens'].map((key) => {
      const own = errors[key];
      return own === undefined
        ? '-'
        : `${own.truth} ~ ${own.value.toFixed(2)} (${percent(own.error)}${own.inside ? '' : ', outside'})`;
    });
    const verdict =
      errors.verdict === undefined || errors.verdict.agrees
        ? ''
        : `verdict ${errors.verdict.said}: ${answer.reasons[0] ?? ''}`;
    console.log(
      `${point.pointId} ${point.facts} v${point.vllm_version} tp${point.tp} | ${cells.join(' | ')} ${verdict}`,
    );
  }
}
