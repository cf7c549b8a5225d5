import * as z from 'zod';
import { celRules } from './cel-rule.ts';
import type { DeepReadonly } from './deep-readonly.ts';
import { LabelSelectorSchema } from './label-selector.ts';
import { formats, text } from './text.ts';

export const partitionModes = ['mig', 'accelerator'] as const;

/** A part of a node's GPUs. */
export const PartitionSchema = z
  .strictObject({
    mode: z
      .enum(partitionModes)
      .meta({ description: 'mig: one MIG slice. accelerator: a number of whole GPUs.' }),
    profile: text({
      description: 'MIG profile, such as 1g.10gb.',
      max: 32,
      format: formats.migProfile,
    }).optional(),
    count: z.int().min(1).meta({ description: 'Number of GPUs, for mode accelerator.' }).optional(),
  })
  .meta({
    description: 'Use a part of the GPUs of existing nodes. Immutable.',
    ...celRules(
      {
        rule: "self.mode != 'mig' || !has(self.count)",
        message: 'only valid for accelerator mode',
        fieldPath: '.count',
        reason: 'FieldValueForbidden',
      },
      {
        rule: "self.mode != 'accelerator' || !has(self.profile) || self.profile == ''",
        message: 'not valid for accelerator mode',
        fieldPath: '.profile',
        reason: 'FieldValueForbidden',
      },
      {
        rule: "self.mode != 'accelerator' || has(self.count)",
        message: 'count is required for accelerator mode',
        fieldPath: '.count',
        reason: 'FieldValueRequired',
      },
    ),
  });

/** Which nodes, and how many. */
export const ResourceSpecSchema = z
  .strictObject({
    count: z
      .int()
      .min(1)
      .default(1)
      .meta({
        description:
          'Number of nodes wanted. A preset on vLLM computes its own number. Default 1. Immutable. Deprecated by upstream.',
        ...celRules({ rule: 'self == oldSelf', message: 'field is immutable' }),
      }),
    instanceType: text({
      description:
        'Machine type. On existing nodes a filter on the label node.kubernetes.io/instance-type; with provisioning the type to order. Once set it can be removed but not changed.',
      max: 128,
      rules: [
        { rule: "self == oldSelf || self == '' || oldSelf == ''", message: 'cannot be changed once set' },
      ],
    }).optional(),
    labelSelector: LabelSelectorSchema,
    preferredNodes: z
      .array(text({ description: 'Host name of a node.', max: 253, format: formats.nodeName }))
      .max(100)
      .meta({ description: 'Host names of nodes to try first; one that does not exist is only a warning.' })
      .optional(),
    partition: PartitionSchema.optional(),
  })
  .meta({
    description: 'The compute that the Workspace uses.',
    ...celRules({
      rule: 'has(self.partition) == has(oldSelf.partition) && (!has(self.partition) || self.partition == oldSelf.partition)',
      message: 'field is immutable',
      fieldPath: '.partition',
    }),
  });

export interface PartitionSpec extends DeepReadonly<z.input<typeof PartitionSchema>> {}
export interface ResourceSpec extends DeepReadonly<z.input<typeof ResourceSpecSchema>> {}
