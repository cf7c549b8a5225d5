#!/usr/bin/env -S node --conditions=@kaito-ts/source
/** Times a sweep of every model over all machines of the catalogue: node --conditions=@kaito-ts/source tools/bench/sizing/sweep.mjs [MODEL…] */
import { deviceOfMachine, rankOffers } from '../../../packages/gpu-sizing/src/index.ts';
import { embeddedCatalogue } from '../../../packages/preset-catalog/src/index.ts';

const catalogue = embeddedCatalogue();
const offers = catalogue.instanceTypes.flatMap((type) => {
  const machine = deviceOfMachine(catalogue, type);
  if (machine.kind === 'unknown') return [];
  return [
    { name: type.name, device: machine.device, ...(type.price !== undefined && { price: type.price }) },
  ];
});
const [warmUps, runs, goal] = [20, 20, 5];
const wanted = process.argv.slice(2);
const models = catalogue.models.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const slow = [];
let worstMedian = 0;
for (const { name, facts } of models) {
  const sweep = () =>
    rankOffers({
      model: facts,
      offers,
      runtime: { engine: 'vllm', version: '0.32.0' },
      settings: { maxModelLen: 2048 },
      mostNodes: 4,
    });
  const first = elapsed(sweep);
  for (let warm = 0; warm < warmUps; warm += 1) sweep();
  const times = Array.from({ length: runs }, () => elapsed(sweep)).toSorted((a, b) => a - b);
  const median = times[Math.floor(runs / 2)];
  if (median >= goal) slow.push(name);
  worstMedian = Math.max(worstMedian, median);
  console.log(
    `${name.padEnd(44)} first ${first.toFixed(1).padStart(5)}  median ${median.toFixed(1).padStart(5)}  worst ${times.at(-1).toFixed(1).padStart(5)} ms`,
  );
}
console.log(
  `${models.length} models over ${offers.length} machines, up to 4 nodes: worst median ${worstMedian.toFixed(1)} ms, ${slow.length} of ${goal} ms or more${slow.length === 0 ? '' : `: ${slow.join(', ')}`}`,
);

function elapsed(work) {
  const start = performance.now();
  work();
  return performance.now() - start;
}
