import { compareVersions } from '@kaito-ts/preset-catalog';
import { bytesPerGiB } from './bytes.ts';
import type { NodeDevice, RuntimeVersion } from './request.ts';

/** How a runtime uses devices; shared code asks for properties, never for the name. */
export interface EngineAccount {
  /** Whether one model can be spread over several GPUs and nodes. */
  readonly spreads: boolean;
  /** Whether it refuses to start with a longer context than the model was made for. */
  readonly keepsToModelLimit: boolean;
  /** Part of a device's memory that the runtime lets itself use. */
  readonly utilization: (version: string) => number;
  /** What it needs beside weights and cache. */
  readonly overheadBytes: (device: NodeDevice['kind'], weightBytes: number) => number;
  readonly overheadHow: (device: NodeDevice['kind']) => string;
}

/** vLLM 0.20 raised its default from 0.90 (config/cache.py). */
const utilizationRaisedIn = '0.20.0';

/** Upstream's published rule, fitted to vLLM 0.19 on H100; an interval per version and GPU is a later refinement. */
const gpuBaseBytes = 2.3 * bytesPerGiB;
const gpuShareOfWeights = 0.05;

/** A Python process with torch loaded, and a native one: working values, not measurements of a version. */
const pythonProcessBytes = 1 * bytesPerGiB;
const nativeProcessBytes = 0.1 * bytesPerGiB;

export const engineAccounts: Readonly<Record<RuntimeVersion['engine'], EngineAccount>> = {
  vllm: {
    spreads: true,
    keepsToModelLimit: true,
    utilization: (version) => (compareVersions(version, utilizationRaisedIn) >= 0 ? 0.92 : 0.9),
    overheadBytes: (device, weights) =>
      device === 'gpu' ? gpuBaseBytes + gpuShareOfWeights * weights : pythonProcessBytes,
    overheadHow: (device) =>
      device === 'gpu' ? '2.3 GiB + 5 % of the weights' : 'a Python process with torch',
  },
  transformers: {
    spreads: false,
    keepsToModelLimit: false,
    utilization: () => 0.95,
    overheadBytes: (device, weights) =>
      device === 'gpu' ? gpuBaseBytes + gpuShareOfWeights * weights : pythonProcessBytes,
    overheadHow: (device) =>
      device === 'gpu' ? '2.3 GiB + 5 % of the weights' : 'a Python process with torch',
  },
  llamacpp: {
    spreads: false,
    keepsToModelLimit: false,
    utilization: () => 0.95,
    overheadBytes: () => nativeProcessBytes,
    overheadHow: () => 'a native process',
  },
};

/** Kept free on a CPU node for the launcher and the pod's own files. */
export const cpuUtilization = 0.9;
