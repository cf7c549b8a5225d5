import type { Device } from './engine/defaults.ts';

/** What vLLM was made to believe it runs on when it answered (tools/bench/sizing/oracle.py). */
export const oracleDevice: Device = {
  name: 'NVIDIA H100 80GB HBM3',
  memoryBytes: 85_017_493_504,
  computeCapability: 9,
};

/** The cache that it was given. */
export const oracleCacheBytes: number = 60 * 1024 ** 3;

/** Largest relative error of the weights on one rank. */
export function weightTolerance(model: string): number {
  return looser[model] ?? 0.004;
}

/** Made after loading (copies of latent projections, AWQ's work area), or too small to model (Whisper's positions, Zamba's adapters). */
const looser: Readonly<Record<string, number>> = {
  'glm-4.7-flash': 0.008,
  'zamba2-7b': 0.009,
  'gemma-3-1b': 0.035,
  'whisper-large-v3': 0.14,
  gpt2: 0.025,
  'smollm3-3b': 0.006,
  'opt-1.3b': 0.011,
  'Qwen/Qwen3-8B-AWQ': 0.2,
  'Qwen/Qwen3.6-35B-A3B-FP8': 0.013,
  'google/gemma-3-4b-it': 0.01,
};
