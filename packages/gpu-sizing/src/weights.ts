import { languageModelConfig, readDimensions, type ModelFacts } from '@kaito-ts/preset-catalog';
import { bytesPerGiB, dtypeBytes } from './bytes.ts';
import { atMost, exactly, unknown, type Known } from './known.ts';

/** Bytes of the whole model as a server holds it, from the best fact there is; `type` = held in another type than stored. */
export function weightBytes(model: ModelFacts, type?: string): Known {
  const known = storedWeights(model);
  const stored = readDimensions(model).dtype;
  const quantized = languageModelConfig(model.config ?? {})['quantization_config'] !== undefined;
  if (known.kind === 'unknown' || type === undefined || type === stored || quantized) return known;
  const [from, to] = [dtypeBytes(stored ?? ''), dtypeBytes(type)];
  if (from === undefined || to === undefined) return unknown(`the size of ${stored ?? 'dtype'} and ${type}`);
  return { ...known, value: (known.value * to) / from, how: `${known.how}, held in ${type}` };
}

function storedWeights(model: ModelFacts): Known {
  const { loadedWeightBytes, storedWeightBytes, parameterCount, repositoryFileGiB } = model;
  if (loadedWeightBytes !== undefined) return exactly(loadedWeightBytes, 'tensors that a server keeps');
  if (storedWeightBytes !== undefined) {
    return atMost(storedWeightBytes, 'tensors as stored; a server may drop tied heads and draft layers');
  }
  const { dtype } = readDimensions(model);
  const perParameter = dtype === undefined ? undefined : dtypeBytes(dtype);
  if (parameterCount !== undefined && perParameter !== undefined) {
    return exactly(parameterCount * perParameter, `${parameterCount} parameters of ${dtype}`);
  }
  if (repositoryFileGiB !== undefined) {
    return atMost(repositoryFileGiB * bytesPerGiB, 'all weight files of the repository, copies included');
  }
  return parameterCount === undefined ? unknown('storedWeightBytes') : unknown('dtype');
}
