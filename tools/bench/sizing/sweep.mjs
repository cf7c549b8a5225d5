#!/usr/bin/env -S node --conditions=@kaito-ts/source
/** Times a sweep of one model over all machines of the catalogue: node --conditions=@kaito-ts/source tools/bench/sizing/sweep.mjs */
import { findDevice, rankOffers, visibleMemory } from '../../../packages/gpu-sizing/src/index.ts';
import { embeddedCatalogue } from '../../../packages/preset-catalog/src/index.ts';

const catalogue = embeddedCatalogue();
const known = (type) => {
  const gpu = type.gpu === undefined ? undefined : catalogue.gpuModel(type.gpu);
  return gpu?.vendor === 'nvidia' && visibleMemory(gpu) !== undefined && type.gpuCount !== undefined;
};
const offers = catalogue.instanceTypes.flatMap((type) => {
  if (!known(type)) return [];
  const device = findDevice(catalogue.gpuModels, { model: type.gpu, memoryBytes: undefined });
  return [
    {
      name: type.name,
      device: {
        kind: 'gpu',
        model: device.name,
        memoryBytes: device.memoryBytes,
        computeCapability: device.computeCapability,
        count: type.gpuCount,
      },
      pricePerHour: type.price?.perHour,
    },
  ];
});
for (const name of [
  'llama-3.1-8b-instruct',
  'qwen3.8-27b',
  'gpt-oss-120b',
  'deepseek-v3.2',
  'qwen3.5-397b-a17b-gptq-int4',
]) {
  const resolution = catalogue.resolve(name);
  if (resolution.kind === 'unknown') continue;
  const sweep = () =>
    rankOffers({
      model: resolution.record.facts,
      offers,
      runtime: { engine: 'vllm', version: '0.32.0' },
      settings: { maxModelLen: 8192 },
      mostNodes: 4,
    });
  const first = elapsed(sweep);
  for (let warm = 0; warm < 20; warm += 1) sweep();
  const times = Array.from({ length: 20 }, () => elapsed(sweep)).toSorted((a, b) => a - b);
  console.log(
    `${name.padEnd(32)} ${offers.length} machines  first ${first.toFixed(1)} ms  median ${times[10].toFixed(1)} ms`,
  );
}

function elapsed(work) {
  const start = performance.now();
  work();
  return performance.now() - start;
}
