import { rankOffers, type RankedOffer, type SizingPlan } from '@kaito-ts/gpu-sizing';
import { launchFlags, servingShape, type LaunchFlags } from '@kaito-ts/operator';
import type { MachineOffer } from './offers.ts';
import type { PlanQuestion } from './plan-question.ts';

export const hoursPerMonth = 730;

/** One machine, the shape on it, and what became of it; field names are a contract (`-o json`). */
export interface PlannedMachine extends SizingPlan {
  readonly name: string;
  readonly gpu?: string;
  readonly gpuMemoryBytes?: number;
  readonly computeCapability?: number;
  /** Of one GPU, or of the node where the runtime uses none. */
  readonly memoryBytes?: number;
  /** Extended resource that each pod asks for. */
  readonly resourceName?: string;
  /** For all nodes together. */
  readonly pricePerHour?: number;
  readonly pricePerMonth?: number;
  readonly currency?: string;
  readonly priceRegion?: string;
  /** ISO date of the price list. */
  readonly priceDate?: string;
  readonly noPrice?: string;
  readonly lostBecause?: string;
  /** What the runtime is started with: the operator's flags under those of inference_config.yaml. */
  readonly flags?: Readonly<Record<string, unknown>>;
}

export interface PlanAnswer {
  readonly model: string;
  readonly runtime: string;
  readonly runtimeVersion: string;
  /** Tokens of one request that were asked for; absent = as long as fits. */
  readonly context?: number;
  readonly concurrency: number;
  readonly ranked: readonly PlannedMachine[];
}

/** Ranks the machines of a question; the first is the one to take. */
export function answerPlan(question: PlanQuestion): PlanAnswer {
  const { serving, runtime, settings, offers, mostNodes, highestPrice } = question;
  const ranked = rankOffers({
    model: serving.model.facts,
    offers,
    runtime,
    settings,
    mostNodes,
    ...(highestPrice !== undefined && { highestPrice }),
  });
  return {
    model: serving.model.name,
    runtime: runtime.engine,
    runtimeVersion: runtime.version,
    ...(settings.maxModelLen !== undefined && { context: settings.maxModelLen }),
    concurrency: settings.concurrency ?? 1,
    ranked: ranked.map((own) => plannedMachine(question, own)),
  };
}

function plannedMachine(
  { serving }: PlanQuestion,
  { offer, plan, pricePerHour, lostBecause }: RankedOffer<MachineOffer>,
): PlannedMachine {
  const { device, resourceName, price, noPrice } = offer;
  const flags: LaunchFlags | undefined =
    plan.verdict === 'doesNotFit' ? undefined : launchFlags(serving, servingShape(plan, resourceName));
  return {
    name: offer.name,
    ...(device.kind === 'gpu' && device.count > 0 && gpuFacts(device)),
    ...memoryOf(device),
    ...(resourceName !== undefined && { resourceName }),
    ...(pricePerHour !== undefined && { pricePerHour, pricePerMonth: pricePerHour * hoursPerMonth }),
    ...(price !== undefined && {
      currency: price.currency,
      priceRegion: price.region,
      priceDate: price.date,
    }),
    ...(noPrice !== undefined && { noPrice }),
    ...(lostBecause !== undefined && { lostBecause }),
    ...plan,
    ...(flags !== undefined && { flags: { ...flags, ...serving.config?.settings } }),
  };
}

function gpuFacts({
  model,
  memoryBytes,
  computeCapability,
}: Extract<MachineOffer['device'], { kind: 'gpu' }>): Pick<
  PlannedMachine,
  'gpu' | 'gpuMemoryBytes' | 'computeCapability'
> {
  return {
    ...(model !== undefined && { gpu: model }),
    ...(memoryBytes !== undefined && { gpuMemoryBytes: memoryBytes }),
    ...(computeCapability !== undefined && { computeCapability }),
  };
}

function memoryOf(device: MachineOffer['device']): Pick<PlannedMachine, 'memoryBytes'> {
  const bytes = device.kind === 'gpu' ? device.memoryBytes : device.allocatableMemoryBytes;
  return bytes === undefined ? {} : { memoryBytes: bytes };
}
