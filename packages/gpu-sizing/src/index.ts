/**
 * What fits on which devices, in which parallel shape, and why not.
 *
 * `estimate` looks at one model in one shape: weights, then overhead, then what is left for the KV cache, then tokens.
 * `planShape` tries the shapes that the nodes at hand allow and takes the first that fits. Both answer `fits`,
 * `doesNotFit` or `unknown`, with reasons, with the facts that are missing, and with a derivation that `explain` prints.
 *
 * This is a first, honest form: whatever is counted from above can prove a fit and never a misfit, and whatever is not
 * known is said, not guessed. Pure; it knows no Kubernetes, no YAML and no network.
 */
export { bytesPerGiB, formatGiB } from './bytes.ts';
export { estimate, leastUsefulContext } from './estimate.ts';
export { explain } from './explain.ts';
export { planShape } from './plan-shape.ts';
export { shapeRefusal } from './refusals.ts';
export type {
  CpuDevice,
  EstimateRequest,
  GpuDevice,
  NodeDevice,
  ParallelShape,
  PlanRequest,
  RuntimeVersion,
  SizingSettings,
} from './request.ts';
export type { DerivationStep, Sizing, SizingPlan, Verdict } from './sizing.ts';
export { SizingInputError } from './errors.ts';
export type { Interval } from './interval.ts';
export { readModelShape } from './model/read-shape.ts';
export type { ModelShape } from './model/model-shape.ts';
export { findDevice, visibleMemory, type DeviceWish } from './engine/find-device.ts';
export { rankOffers, type Offer, type RankedOffer, type RankRequest } from './rank-offers.ts';
export { size } from './size.ts';
export type { Size, SizeRequest, SizeStep } from './size-request.ts';
export type { Device } from './engine/defaults.ts';
