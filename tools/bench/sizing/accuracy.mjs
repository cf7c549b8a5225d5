#!/usr/bin/env node
/**
 * Holds `kaito size --batch` against measured vLLM start-ups and prints error tables beside upstream's published formula.
 *
 *   node tools/bench/sizing/accuracy.mjs [--points FILE] [--facts FILE] [--all] [--rows] [-o json]
 *   node tools/bench/sizing/accuracy.mjs --leave-out family|gpu|version|all [--points FILE] [--facts FILE]
 *
 * Without --points it takes the development points of the shared facts. Rows without a vLLM version count only with --all.
 * Errors are |estimate - truth| / max(truth, 10 % of the GPU's memory); those of tokens are divided by the same factor.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runSource } from './run-source.mjs';
import { questionOf } from './questions.mjs';
import { errorsOf, upstreamEstimate } from './errors.mjs';
import { printTables } from './tables.mjs';

if (Number.parseInt(process.versions.node, 10) < 24)
  process.exit(runSource('accuracy.mjs', process.argv.slice(2)));

const root = fileURLToPath(new URL('../../../', import.meta.url));
const facts = `${root}../shared/facts/data/`;
const { values } = parseArgs({
  options: {
    points: { type: 'string', default: `${facts}vllm-ground-truth.dev.json` },
    facts: { type: 'string', default: `${facts}model-facts.dev.json` },
    all: { type: 'boolean', default: false },
    rows: { type: 'boolean', default: false },
    'leave-out': { type: 'string' },
    output: { type: 'string', short: 'o', default: 'table' },
  },
});
for (const file of [values.points, values.facts]) {
  if (!existsSync(file)) {
    console.error(`${file} is absent: give --points and --facts`);
    process.exit(2);
  }
}
const grouping = values['leave-out'];
if (grouping !== undefined) {
  if (!['family', 'gpu', 'version', 'all'].includes(grouping)) {
    console.error(`--leave-out ${grouping}: give family, gpu, version or all`);
    process.exit(2);
  }
  process.exit(runSource('leave-out.mjs', [grouping, values.points, values.facts]));
}
const { points } = JSON.parse(readFileSync(values.points, 'utf8'));
const { models } = JSON.parse(readFileSync(values.facts, 'utf8'));
/** Only where one request may fill the whole cache: windows and states cost a request more or less than its tokens. */
const plainAttention = new Set(['gqa', 'moe', 'mla']);
const asked = points.flatMap((point) => {
  const model = models[point.facts];
  if (model === undefined || (!values.all && point.vllm_version === null)) return [];
  return [{ point, model, question: questionOf(point, model) }];
});
const batch = asked.flatMap(({ point, model, question }) => [
  question,
  ...capacityQuestions(point, model, question),
]);
const started = performance.now();
const run = spawnSync(process.execPath, [`${root}apps/cli/bin/kaito.mjs`, 'size', '--batch', '-'], {
  input: batch.map((line) => JSON.stringify(line)).join('\n'),
  maxBuffer: 2 ** 28,
  encoding: 'utf8',
});
if (run.status !== 0) {
  console.error(run.stderr);
  process.exit(1);
}
const seconds = (performance.now() - started) / 1000;
const answers = new Map(
  run.stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
    .map((answer) => [answer.id, answer]),
);
const rows = asked.map(({ point, model, question }) => ({
  point,
  model,
  answer: answers.get(question.id),
  errors: errorsOf(point, answers.get(question.id), model),
  upstream: errorsOf(point, upstreamEstimate(point, model), model),
  capacity: capacityQuestions(point, model, question).map((line) => ({
    expected: line.expected,
    answer: answers.get(line.id),
  })),
}));
if (values.output === 'json')
  console.log(
    JSON.stringify(
      rows.map(({ point, errors, upstream, answer }) => ({
        id: point.pointId,
        errors,
        upstream,
        fits: answer.fits,
        error: answer.error,
      })),
    ),
  );
else printTables(rows, { rows: values.rows, seconds, lines: batch.length });

/** The verdict is also asked just below and just above the measured capacity, where one number of tokens is one request. */
function capacityQuestions(point, model, question) {
  if (!plainAttention.has(model.attentionKind) || model.config.compress_ratios !== undefined) return [];
  const tokens = point.kv_tokens;
  const limit = point.max_model_len;
  if (
    !point.evaluable.fit ||
    point.outcome !== 'ok' ||
    !point.evaluable.kvTokens ||
    tokens === null ||
    limit === null
  )
    return [];
  const ask = (part) => ({
    ...question,
    id: `${question.id}@${part}`,
    maxModelLen: Math.floor(tokens * part),
    expected: part < 1,
  });
  return [ask(0.9), ask(1.1)];
}
