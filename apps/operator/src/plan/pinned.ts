import type { RolloutStrategy, ServingShape } from '@kaito-ts/manifest-builder';
import type { Deployment, StatefulSet } from '@kaito-ts/kube-runtime';
import type { NodeRequirement } from './node-matching.ts';
import { z } from 'zod';

/** The workload's annotation that keeps what was decided when the last change arrived. */
export const planAnnotation = 'kaito.sh/plan';

/**
 * Decisions that depended on what the cluster looked like at the time. They are kept until the user changes something, so
 * that nodes coming and going never roll a model that serves.
 */
export interface PinnedPlan {
  /** Fingerprint of everything the user wrote. */
  readonly intent: string;
  /** The workload was made by upstream and is left alone while the intent stays. */
  readonly takenOver?: boolean | undefined;
  readonly shape?: ServingShape | undefined;
  readonly nodeRequirements?: readonly NodeRequirement[] | undefined;
  readonly rollout?: RolloutStrategy | undefined;
  readonly reasons?: readonly string[] | undefined;
}

const deviceSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('gpu'), resourceName: z.string(), count: z.int() }),
  z.object({ kind: z.literal('cpu'), memoryRequestBytes: z.int().optional() }),
]);

const pinnedSchema = z.object({
  intent: z.string(),
  takenOver: z.boolean().optional(),
  shape: z
    .object({
      device: deviceSchema,
      nodeCount: z.int(),
      tensorParallelSize: z.int(),
      pipelineParallelSize: z.int(),
      dataParallelSize: z.int(),
      expertParallel: z.boolean().optional(),
      maxModelLen: z.int().optional(),
    })
    .optional(),
  nodeRequirements: z
    .array(z.object({ key: z.string(), operator: z.string(), values: z.array(z.string()).optional() }))
    .optional(),
  rollout: z.enum(['surge', 'recreate']).optional(),
  reasons: z.array(z.string()).optional(),
});

export function readPinned(workload: Deployment | StatefulSet | undefined): PinnedPlan | undefined {
  const text = workload?.metadata.annotations?.[planAnnotation];
  if (text === undefined) return undefined;
  try {
    return pinnedSchema.parse(JSON.parse(text)) as PinnedPlan;
  } catch {
    return undefined;
  }
}

export function writePinned(plan: PinnedPlan): Readonly<Record<string, string>> {
  return { [planAnnotation]: JSON.stringify(plan) };
}
