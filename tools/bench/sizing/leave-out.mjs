import { readFileSync } from 'node:fs';
import { findDevice, size, SizingInputError } from '../../../packages/gpu-sizing/src/index.ts';
import { embeddedCatalogue } from '../../../packages/preset-catalog/src/index.ts';
import { errorsOf } from './errors.mjs';
import { questionOf } from './questions.mjs';
import { printLeaveOut } from './tables.mjs';

/**
 * How the account does on start-ups whose like it was not fitted to: the constants that were taken from measured starts
 * are taken again without one family, GPU or version, from values that nobody measured, and judged on what was left out.
 * `accuracy.mjs --leave-out family|gpu|version` starts this with the conditions that let it read the sources.
 */
const [grouping, pointsFile, factsFile] = process.argv.slice(2);
const { points } = JSON.parse(readFileSync(pointsFile, 'utf8'));
const { models } = JSON.parse(readFileSync(factsFile, 'utf8'));
const gib = 1024 ** 3;
const mib = 1024 ** 2;

const groupOf = {
  family: ({ model }) => model.family,
  gpu: ({ point }) => chipOf(point.gpu),
  version: ({ point }) => /^\d+\.\d+/.exec(point.vllm_version)?.[0],
}[grouping];

/** What one would take without any start-up: neighbours of the same kind are alike, and nothing is special. */
const unmeasured = {
  firstOutsideEarly: 0.2 * gib,
  firstOutside: 0.2 * gib,
  firstOutsideParallel: 0.5 * gib,
  firstOutsideParallelOlder: 0.5 * gib,
  tensorRtAllReduce: 1.5 * gib,
  secondOutsideOlder: 0.2 * gib,
  secondOutside: 0.2 * gib,
  heldShare: 0.5,
  firstSlack: 0,
  uncompiled: 0,
  pooledIndexPerToken: 0,
  awqWork: 0,
  secondGraphOlder: 0.5 * mib,
  secondGraph: 0.5 * mib,
  secondGraphPerDoubledHeads: 0,
  secondGraphState: 0.5 * mib,
  secondGraphLatent: 0.5 * mib,
  secondGraphLatentOlder: 0.5 * mib,
  secondGraphCompressed: 0.5 * mib,
};
const bytes = [0, 0.05, 0.1, 0.125, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.65, 0.8, 1, 1.25, 1.5, 1.75, 2];
const perLayer = [0, 0.1, 0.15, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.85, 1, 1.2, 1.4];
const candidates = (name) => {
  if (name === 'pooledIndexPerToken') return [0, 32, 64, 96, 128, 160].map((value) => value * 1024);
  if (name === 'heldShare') return [0, 0.1, 0.2, 0.3, 0.4, 0.45, 0.5, 0.6, 0.8, 1];
  return /Graph/.test(name) ? perLayer.map((value) => value * mib) : bytes.map((value) => value * gib);
};

const catalogue = embeddedCatalogue();
const rows = points.flatMap((point) => {
  const model = models[point.facts];
  if (model === undefined || point.vllm_version === null || point.gpu === null) return [];
  const { id, gpuModel, gpuMemoryBytes, tp, pp, ...rest } = questionOf(point, model);
  const wishes = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null));
  const device = findDevice(catalogue.gpuModels, { model: gpuModel, memoryBytes: gpuMemoryBytes });
  const request = { ...wishes, device, tensorParallelSize: tp, pipelineParallelSize: pp };
  return answer({ point, request }) === undefined ? [] : [{ id, point, model, request }];
});

const shipped = judge(rows, undefined);
const groups = [...Map.groupBy(rows, groupOf)].filter(
  ([name, members]) => name !== undefined && judge(members, undefined).some(isJudged),
);
const leftOut = groups.map(([name, members]) => {
  const own = new Set(members);
  const constants = fit(rows.filter((row) => !own.has(row)));
  return { name, judged: judge(members, constants), shipped: judge(members, undefined) };
});
printLeaveOut({ grouping, shipped, leftOut, refitted: judge(rows, fit(rows)) });

function fit(training) {
  const fitted = { ...unmeasured };
  let best = loss(training, fitted);
  for (let pass = 0; pass < 2; pass += 1) {
    for (const name of Object.keys(fitted)) {
      for (const value of candidates(name)) {
        const next = loss(training, { ...fitted, [name]: value });
        if (next < best - 1e-9) [best, fitted[name]] = [next, value];
      }
    }
  }
  return fitted;
}

/** Mean distance, in parts of the GPU's memory, to each figure that a log tells apart; to the cache where it tells no more. */
function loss(training, constants) {
  const distances = training.flatMap(({ point, request }) => {
    const found = sizeOf(request, constants);
    const part = (value, truth) => Math.abs(value / gib - truth) / (found.memoryBytes / gib);
    const { weights_gib: weights, kv_cache_gib: cache, activation_peak_gib: peak } = point;
    const { non_torch_gib: outside, cudagraph_estimated_gib: graphs } = point;
    const told = peak != null && outside != null;
    return [
      ...(weights !== null && point.evaluable.weights ? [part(found.weightBytes.value, weights)] : []),
      ...(told ? [part(found.activationBytes.value + found.nonTorchBytes.value, peak + outside)] : []),
      ...(graphs > 0 && found.reservedGraphBytes.value > 0
        ? [part(found.reservedGraphBytes.value, graphs)]
        : []),
      ...(!told && cache > 0 && point.evaluable.kvGib ? [part(found.kvCacheBytes.value, cache)] : []),
    ];
  });
  return distances.reduce((total, distance) => total + distance, 0) / distances.length;
}

function judge(members, constants) {
  return members.map((row) => ({ id: row.id, ...errorsOf(row.point, answer(row, constants)) }));
}

function isJudged({ weights, kvGib }) {
  return weights !== undefined || kvGib !== undefined;
}

function answer({ point, request }, constants) {
  try {
    const sized = sizeOf(request, constants);
    const inGib = ({ value, low, high }) => ({ value: value / gib, low: low / gib, high: high / gib });
    return {
      fits: sized.fits,
      memoryGiB: point.gpu_mem_gib ?? sized.memoryBytes / gib,
      weightsGiB: inGib(sized.weightBytes),
      kvCacheGiB: inGib(sized.kvCacheBytes),
      kvTokens: sized.kvTokens,
    };
  } catch (error) {
    if (error instanceof SizingInputError) return undefined;
    throw error;
  }
}

function sizeOf(request, constants) {
  return size({ ...request, measured: constants });
}

function chipOf(name) {
  return /\b(H100|H200|B200|A100|A10G?|L40S|L4|A6000|3090|4090|5090|Thor)\b/.exec(name)?.[0] ?? name;
}
