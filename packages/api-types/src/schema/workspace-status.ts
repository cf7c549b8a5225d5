import * as z from 'zod';
import type { DeepReadonly } from './deep-readonly.ts';

const conditionTypePattern =
  /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$/;

/** One observation about the Workspace. */
export const ConditionSchema = z.strictObject({
  type: z.string().max(316).regex(conditionTypePattern).meta({ description: 'What is observed.' }),
  status: z.enum(['True', 'False', 'Unknown']).meta({ description: 'Whether it holds.' }),
  reason: z
    .string()
    .min(1)
    .max(1024)
    .regex(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/)
    .meta({ description: 'Why, as one word for machines.' }),
  message: z.string().max(32_768).meta({ description: 'Why, for people.' }),
  lastTransitionTime: z.string().meta({ description: 'When the status last changed.', format: 'date-time' }),
  observedGeneration: z.int().min(0).meta({ description: 'Generation that was looked at.' }).optional(),
});

const MetricSchema = z.strictObject({
  description: z.string(),
  value: z.string(),
  unit: z.string().optional(),
  config: z.record(z.string(), z.string()).optional(),
});

/** What the operator observed. */
export const WorkspaceStatusSchema = z
  .strictObject({
    workerNodes: z.array(z.string()).meta({ description: 'Nodes in use, sorted.' }).optional(),
    state: z
      .string()
      .meta({ description: 'Pending, Ready or NotReady; for tuning Pending, Running, Succeeded or Failed.' })
      .optional(),
    conditions: z
      .array(ConditionSchema)
      .meta({ description: 'In the order of cause: the first that is not True says why.' })
      .optional(),
    targetNodeCount: z.int32().meta({ description: 'Number of nodes that the model needs.' }).optional(),
    performance: z
      .strictObject({ metrics: z.record(z.string(), MetricSchema).optional() })
      .meta({ description: 'What the benchmark measured.' })
      .optional(),
  })
  .meta({ description: 'What the operator observed.' });

export interface Condition extends DeepReadonly<z.input<typeof ConditionSchema>> {}
export interface WorkspaceStatus extends DeepReadonly<z.input<typeof WorkspaceStatusSchema>> {}
