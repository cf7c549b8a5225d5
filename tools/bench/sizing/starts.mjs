import { readFileSync } from 'node:fs';
import { findDevice, size, SizingInputError } from '../../../packages/gpu-sizing/src/index.ts';
import { embeddedCatalogue } from '../../../packages/preset-catalog/src/index.ts';
import { questionOf } from './questions.mjs';

export const gib = 1024 ** 3;

/** Measured start-ups as requests of the library; those that it cannot answer are left out. */
export function readStarts(pointsFile, factsFile) {
  const { points } = JSON.parse(readFileSync(pointsFile, 'utf8'));
  const { models } = JSON.parse(readFileSync(factsFile, 'utf8'));
  const { gpuModels } = embeddedCatalogue();
  return points.flatMap((point) => {
    const model = models[point.facts];
    if (model === undefined || point.vllm_version === null || point.gpu === null) return [];
    const { id, gpuModel, gpuMemoryBytes, tp, pp, ...rest } = questionOf(point, model);
    const wishes = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null));
    const device = findDevice(gpuModels, { model: gpuModel, memoryBytes: gpuMemoryBytes });
    const request = { ...wishes, device, tensorParallelSize: tp, pipelineParallelSize: pp };
    const start = { id, point, model, request };
    return answerOf(start) === undefined ? [] : [start];
  });
}

export function sizeOf({ request }, constants) {
  return size({ ...request, measured: constants });
}

/** As `kaito size` prints it. */
export function answerOf(start, constants) {
  try {
    const sized = sizeOf(start, constants);
    const inGib = ({ value, low, high }) => ({ value: value / gib, low: low / gib, high: high / gib });
    return {
      fits: sized.fits,
      memoryGiB: start.point.gpu_mem_gib ?? sized.memoryBytes / gib,
      weightsGiB: inGib(sized.weightBytes),
      kvCacheGiB: inGib(sized.kvCacheBytes),
      kvTokens: sized.kvTokens,
    };
  } catch (error) {
    if (error instanceof SizingInputError) return undefined;
    throw error;
  }
}
