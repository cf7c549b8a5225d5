import { explain, formatGiB, type RankedOffer, type SizingPlan } from '@kaito-ts/gpu-sizing';
import { renderTable } from '../output.ts';

export interface PlanReport {
  readonly model: string;
  readonly runtimeVersion: string;
  readonly context: number;
  readonly concurrency: number;
  readonly ranked: readonly RankedOffer[];
}

const hoursPerMonth = 730;
const barWidth = 50;
const shownAlternatives = 12;

/** The chosen shape with a bar of its memory, then what lost and why. */
export function renderPlan(report: PlanReport, options: { readonly explain: boolean }): string {
  const [chosen, ...others] = report.ranked;
  if (chosen === undefined) return 'no machine to plan for\n';
  const { plan } = chosen;
  const head = [
    `${report.model} on vLLM ${report.runtimeVersion}, ${group(report.context)} tokens x ${report.concurrency} requests`,
    '',
    `${verdictText(plan)}: ${chosen.offer.name}, ${shapeText(plan)}${priceText(chosen)}`,
    ...(plan.verdict === 'fits' ? [] : plan.reasons.slice(0, 3).map((reason) => `  ${reason}`)),
    ...barOf(chosen),
    ...(plan.kvTokens === undefined
      ? []
      : [
          `  ${group(Math.floor(plan.kvTokens))} tokens of KV cache per copy, ${(plan.maxConcurrency ?? 0).toFixed(1)} requests of ${group(report.context)} tokens at once; longest request ${group(plan.maxModelLen ?? 0)} tokens`,
        ]),
  ];
  const told = options.explain && plan.derivation.length > 0 ? ['', explain(plan)] : [];
  const rest = others.slice(0, shownAlternatives);
  const table = rest.length === 0 ? '' : `\n${alternatives(rest)}`;
  const more =
    others.length > rest.length ? `and ${others.length - rest.length} more; -o json lists all\n` : '';
  return `${[...head, ...told].join('\n')}\n${table}${more}`;
}

function verdictText({ verdict }: SizingPlan): string {
  return verdict === 'fits' ? 'fits' : verdict === 'unknown' ? 'cannot be told' : 'does not fit';
}

export function shapeText(plan: SizingPlan): string {
  const nodes = `${plan.nodeCount} node${plan.nodeCount === 1 ? '' : 's'} x ${plan.gpusPerNode} GPU${plan.gpusPerNode === 1 ? '' : 's'}`;
  const sizes = [
    `tensor ${plan.tensorParallelSize}`,
    ...(plan.pipelineParallelSize > 1 ? [`pipeline ${plan.pipelineParallelSize}`] : []),
    ...(plan.dataParallelSize > 1 ? [`data ${plan.dataParallelSize}`] : []),
  ];
  return `${nodes}, ${sizes.join(' x ')}`;
}

function priceText({ pricePerHour, offer }: RankedOffer): string {
  if (pricePerHour === undefined) return '';
  const currency = offer.currency ?? 'USD';
  return `, ${pricePerHour.toFixed(2)} ${currency}/hour, ${group(Math.round(pricePerHour * hoursPerMonth))} ${currency}/month on demand`;
}

/** Weights, overheads, cache and what the utilization leaves free, to scale. */
function barOf({ plan, offer }: RankedOffer): readonly string[] {
  const total = offer.device.memoryBytes;
  const { weightBytes, overheadBytes, kvCacheBytes } = plan;
  if (total === undefined || weightBytes === undefined || overheadBytes === undefined) return [];
  const cache = kvCacheBytes ?? 0;
  const parts = [
    { letter: '#', name: 'weights', bytes: weightBytes },
    { letter: '=', name: 'overheads', bytes: overheadBytes },
    { letter: '+', name: 'KV cache', bytes: cache },
    { letter: '.', name: 'free', bytes: Math.max(0, total - weightBytes - overheadBytes - cache) },
  ];
  let left = barWidth;
  const bar = parts
    .map(({ letter, bytes }, index) => {
      const cells =
        index === parts.length - 1 ? left : Math.min(left, Math.round((bytes / total) * barWidth));
      left -= cells;
      return letter.repeat(cells);
    })
    .join('');
  const legend = parts.map(({ letter, name, bytes }) => `${letter} ${name} ${formatGiB(bytes)}`).join('   ');
  return [`  each GPU [${bar}] ${formatGiB(total)}`, `  ${legend}`];
}

function alternatives(rows: readonly RankedOffer[]): string {
  return renderTable(
    [
      { title: 'ALTERNATIVE', value: ({ offer }) => offer.name },
      { title: 'GPU', value: ({ offer }) => `${offer.device.count} x ${offer.device.model ?? '?'}` },
      { title: 'SHAPE', value: ({ plan }) => shapeText(plan) },
      {
        title: 'TOKENS',
        value: ({ plan }) => (plan.kvTokens === undefined ? '-' : group(Math.floor(plan.kvTokens))),
      },
      { title: 'PER HOUR', value: ({ pricePerHour }) => pricePerHour?.toFixed(2) ?? '-' },
      { title: 'WHY NOT', value: ({ lostBecause }) => lostBecause ?? '' },
    ],
    rows,
  );
}

export function group(value: number): string {
  return value.toLocaleString('en-US');
}
