/**
 * What fits on which GPUs, in which parallel shape, and why not. Pure; it knows no Kubernetes, no YAML and no network.
 *
 *     const { fits, reasons, kvTokens } = size({
 *       config: JSON.parse(readFileSync('config.json', 'utf8')),
 *       device: { name: 'H100', memoryBytes: 85_017_493_504, computeCapability: 9 },
 *       runtimeVersion: '0.32.0',
 *     });
 *
 * `size` accounts for one start of vLLM in the order of its own log: `model/` reads config.json into layers and says what
 * it does not understand, `weights/` holds the tensors of one rank, `engine/` the overheads per version, `cache/` pages,
 * blocks and groups. Every result is a value with an interval and a derivation. `planShape` tries the shapes that the
 * nodes at hand allow, `rankOffers` does so for many machines and orders them by price; both use `size` for vLLM on GPUs
 * and a simpler account (`estimate`) for other runtimes, CPUs, and models whose facts are too few.
 *
 * What it refuses to do is guess: an unknown layout is listed under `unknown` with the config key that caused it, a wrong
 * input throws a `SizingInputError` naming its key.
 */
export { bytesPerGiB, formatGiB } from './bytes.ts';
export { estimate, leastUsefulContext } from './estimate.ts';
export { explain } from './explain.ts';
export {
  deviceOfMachine,
  deviceOfNode,
  deviceOfSlice,
  type MachineDevice,
  type NodeGpus,
} from './machines.ts';
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
export { readLength } from './read-length.ts';
export { settingsOfFlags } from './settings-of-flags.ts';
export type { DerivationStep, Sizing, SizingPlan, Verdict } from './sizing.ts';
export { SizingInputError } from './errors.ts';
export type { Interval } from './interval.ts';
export { readModelShape } from './model/read-shape.ts';
export type { ModelShape } from './model/model-shape.ts';
export { findDevice, visibleMemory, type DeviceWish } from './engine/find-device.ts';
export {
  rankOffers,
  type Offer,
  type OfferPrice,
  type RankedOffer,
  type RankRequest,
} from './rank-offers.ts';
export { size } from './size.ts';
export type { Size, SizeRequest, SizeStep } from './size-request.ts';
export type { Device } from './engine/defaults.ts';
