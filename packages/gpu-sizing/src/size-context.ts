import type { BatchLimits, Device } from './engine/defaults.ts';
import type { Unlikeness } from './engine/likeness.ts';
import type { Measured } from './engine/measured.ts';
import type { ModelShape } from './model/model-shape.ts';
import type { Quantization } from './model/quantization.ts';
import type { SizeRequest } from './size-request.ts';
import type { Split } from './weights/layer-parts.ts';

/** A request with everything that follows from it alone. */
export interface SizeContext {
  readonly request: SizeRequest;
  readonly shape: ModelShape;
  readonly quantization: Quantization | undefined;
  readonly inFlight: boolean;
  readonly device: Device;
  readonly version: string;
  readonly tensor: number;
  readonly pipeline: number;
  readonly split: Split;
  readonly length: number;
  /** Above it vLLM refuses; absent = the config does not say. */
  readonly longest: number | undefined;
  readonly limits: BatchLimits;
  readonly modelBytes: number;
  readonly secondRunner: boolean;
  /** The sampler sorts all logits: no release of its time has Triton's kernel, and FlashInfer's is taken to be absent. */
  readonly sorts: boolean;
  readonly eager: boolean;
  readonly alignsStates: boolean;
  readonly measured: Measured;
  readonly unlikeness: Unlikeness;
}

export function isAbove(value: number, limit: number): boolean {
  return value > limit;
}
