import { explain, formatGiB, type SizingPlan } from '@kaito-ts/gpu-sizing';
import { renderTable } from '../output.ts';
import type { PlanAnswer, PlannedMachine } from './plan-answer.ts';

const barWidth = 50;
const shownAlternatives = 12;

/** The chosen shape with a bar of its memory, then what lost and why. */
export function renderPlan(answer: PlanAnswer, options: { readonly explain: boolean }): string {
  const [chosen, ...others] = answer.ranked;
  if (chosen === undefined) return 'no machine to plan for\n';
  const head = [
    `${answer.model} on ${answer.runtime} ${answer.runtimeVersion}, ${wishText(answer)}`,
    '',
    `${verdictText(chosen)}: ${chosen.name}${chosen.nodeCount === 0 ? '' : `, ${shapeText(chosen)}`}`,
    `  ${priceText(chosen)}`,
    ...notesOf(chosen).map((reason) => `  ${reason}`),
    ...barOf(chosen),
    ...capacityOf(chosen),
  ];
  const told =
    options.explain && chosen.derivation.length > 0
      ? ['', explain(chosen), ...expectedLog(chosen, answer)]
      : [];
  const rest = others.slice(0, shownAlternatives);
  const table = rest.length === 0 ? '' : `\n${alternatives(rest)}`;
  const more =
    others.length > rest.length ? `and ${others.length - rest.length} more; -o json lists all\n` : '';
  return `${[...head, ...told].join('\n')}\n${table}${more}`;
}

function wishText({ context, concurrency }: PlanAnswer): string {
  const length = context === undefined ? 'as many tokens as fit' : `${group(context)} tokens`;
  return `${length} x ${concurrency} request${concurrency === 1 ? '' : 's'}`;
}

function verdictText({ verdict }: SizingPlan): string {
  return verdict === 'fits' ? 'fits' : verdict === 'unknown' ? 'cannot be told' : 'does not fit';
}

/** Why it does not fit, or what a reader should know of a plan that does; other shapes' reasons are for `-o json`. */
function notesOf({ verdict, reasons }: PlannedMachine): readonly string[] {
  return verdict === 'fits' ? reasons.filter((reason) => !/^tensor \d/.test(reason)) : reasons.slice(0, 3);
}

function shapeText(plan: SizingPlan): string {
  const nodes = `${plan.nodeCount} node${plan.nodeCount === 1 ? '' : 's'}`;
  if (plan.device === 'cpu') return `${nodes}, CPU`;
  const sizes = [
    `tensor ${plan.tensorParallelSize}`,
    ...(plan.pipelineParallelSize > 1 ? [`pipeline ${plan.pipelineParallelSize}`] : []),
    ...(plan.dataParallelSize > 1 ? [`data ${plan.dataParallelSize}`] : []),
  ];
  if (plan.expertParallel === true) sizes.push('expert parallel');
  const gpus = `${plan.gpusPerNode} GPU${plan.gpusPerNode === 1 ? '' : 's'}`;
  return `${nodes} x ${gpus}, ${sizes.join(' x ')}`;
}

function priceText(machine: PlannedMachine): string {
  const { pricePerHour, pricePerMonth, currency, priceRegion, priceDate, noPrice } = machine;
  if (pricePerHour === undefined || pricePerMonth === undefined) return noPrice ?? 'no price is known';
  return `${pricePerHour.toFixed(2)} ${currency}/hour, ${group(Math.round(pricePerMonth))} ${currency}/month of 730 hours on demand in ${priceRegion}, list of ${priceDate}`;
}

/** Weights, overheads, cache and what the utilization leaves free, to scale. */
function barOf(machine: PlannedMachine): readonly string[] {
  const { weightBytes, overheadBytes, kvCacheBytes, memoryBytes: total } = machine;
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
  const whose = machine.device === 'gpu' ? 'each GPU' : 'the node';
  return [`  ${whose} [${bar}] ${formatGiB(total)}`, `  ${legend}`];
}

function capacityOf(machine: PlannedMachine): readonly string[] {
  const { kvTokens, maxConcurrency, maxModelLen, contextTokens } = machine;
  if (kvTokens === undefined) return [];
  const copies = machine.dataParallelSize > 1 ? ` on each of ${machine.dataParallelSize} copies` : '';
  const atOnce =
    contextTokens === undefined || maxConcurrency === undefined
      ? ''
      : `, ${maxConcurrency.toFixed(1)} requests of ${group(contextTokens)} tokens at once`;
  return [
    `  ${group(Math.floor(kvTokens))} tokens of KV cache${copies}${atOnce}; longest request ${group(maxModelLen ?? 0)} tokens`,
  ];
}

/** Lines of vLLM's own start-up, to be laid beside the log of the first pod. */
function expectedLog(machine: PlannedMachine, { runtime }: PlanAnswer): readonly string[] {
  const { weightBytes, kvCacheBytes, kvTokens, maxConcurrency, contextTokens } = machine;
  if (runtime !== 'vllm' || machine.device !== 'gpu' || weightBytes === undefined) return [];
  return [
    '',
    "vLLM's own log will say about:",
    `  Model loading took ${inGiB(weightBytes)} GiB memory`,
    ...(kvCacheBytes === undefined ? [] : [`  Available KV cache memory: ${inGiB(kvCacheBytes)} GiB`]),
    ...(kvTokens === undefined ? [] : [`  GPU KV cache size: ${group(Math.floor(kvTokens))} tokens`]),
    ...(maxConcurrency === undefined || contextTokens === undefined
      ? []
      : [
          `  Maximum concurrency for ${group(contextTokens)} tokens per request: ${maxConcurrency.toFixed(2)}x`,
        ]),
  ];
}

function inGiB(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(2);
}

function alternatives(rows: readonly PlannedMachine[]): string {
  return renderTable(
    [
      { title: 'ALTERNATIVE', value: ({ name }) => name },
      { title: 'GPU', value: ({ gpu }) => gpu ?? '-' },
      { title: 'SHAPE', value: (own) => (own.nodeCount === 0 ? '-' : shapeText(own)) },
      {
        title: 'TOKENS',
        value: ({ kvTokens }) => (kvTokens === undefined ? '-' : group(Math.floor(kvTokens))),
      },
      { title: 'PER HOUR', value: ({ pricePerHour }) => pricePerHour?.toFixed(2) ?? '-' },
      {
        title: 'PER MONTH',
        value: ({ pricePerMonth }) => (pricePerMonth === undefined ? '-' : group(Math.round(pricePerMonth))),
      },
      { title: 'WHY NOT', value: ({ lostBecause }) => lostBecause ?? '' },
    ],
    rows,
  );
}

function group(value: number): string {
  return value.toLocaleString('en-US');
}
