import { SizingInputError } from '../errors.ts';

const bytesOf: Readonly<Record<string, number>> = {
  float32: 4,
  float: 4,
  float16: 2,
  half: 2,
  bfloat16: 2,
  fp8: 1,
  fp8_e4m3: 1,
  fp8_e5m2: 1,
  fp8_inc: 1,
  fp8_ds_mla: 1,
  int8: 1,
  int8_per_token_head: 1,
  fp8_per_token_head: 1,
  nvfp4: 0.5625,
};

export function bytesOfDtype(dtype: string, key: string): number {
  const bytes = bytesOf[dtype];
  if (bytes === undefined)
    throw new SizingInputError('BAD_INPUT', key, `no size is known for the type ${dtype}`);
  return bytes;
}

/** Bytes per value in which vLLM serves: its `auto` turns 32 bits into 16. */
export function servedBytes(checkpoint: string | undefined, setting: string | undefined): number {
  if (setting !== undefined && setting !== 'auto') return bytesOfDtype(setting, 'dtype');
  return checkpoint === 'float64' ? 2 : 2;
}

export function storedBytes(checkpoint: string | undefined): number {
  return checkpoint === 'float32' ? 4 : checkpoint === 'float64' ? 8 : 2;
}
