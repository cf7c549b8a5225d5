/** What sweep.mjs starts. */
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
const worst = { wall: 0, cpu: 0 };
for (const { name, facts } of models) {
  const sweep = () =>
    rankOffers({
      model: facts,
      offers,
      runtime: { engine: 'vllm', version: '0.32.0' },
      settings: { maxModelLen: 8192 },
      mostNodes: 4,
    });
  const first = elapsed(sweep);
  for (let warm = 0; warm < warmUps; warm += 1) sweep();
  const times = Array.from({ length: runs }, () => elapsed(sweep));
  const [wall, cpu] = [median(times.map((time) => time.wall)), median(times.map((time) => time.cpu))];
  if (cpu >= goal) slow.push(name);
  worst.wall = Math.max(worst.wall, wall);
  worst.cpu = Math.max(worst.cpu, cpu);
  console.log(
    `${name.padEnd(44)} first ${shown(first.wall)}  median ${shown(wall)}  worst ${shown(Math.max(...times.map((time) => time.wall)))}  median of the processor ${shown(cpu)} ms`,
  );
}
console.log(
  `${models.length} models over ${offers.length} machines, up to 4 nodes: slowest model ${shown(worst.wall)} ms, ${shown(worst.cpu)} ms of the processor; ${slow.length} of ${goal} ms or more${slow.length === 0 ? '' : `: ${slow.join(', ')}`}`,
);

/** Time of the processor too: on a busy machine the clock tells of the others. */
function elapsed(work) {
  const [start, before] = [performance.now(), process.threadCpuUsage()];
  work();
  const { user, system } = process.threadCpuUsage(before);
  return { wall: performance.now() - start, cpu: (user + system) / 1000 };
}

function median(times) {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];
}

function shown(time) {
  return time.toFixed(1).padStart(5);
}
