import * as z from 'zod';
import { celRules, celString } from './cel-rule.ts';
import type { DeepReadonly } from './deep-readonly.ts';
import { reservedSelectorKeys } from '../names/labels.ts';
import { formats, text } from './text.ts';

/** 253 of the prefix, "/", 63 of the name. */
export const maxKeyLength = 317;
const maxValueLength = 63;
const maxEntries = 32;

const LabelValueSchema = text({
  description: 'Value of a node label.',
  max: maxValueLength,
  format: formats.labelValue,
});

export const selectorOperators = ['In', 'NotIn', 'Exists', 'DoesNotExist'] as const;

const LabelSelectorRequirementSchema = z
  .strictObject({
    key: text({ description: 'Label key of the node.', min: 1, max: maxKeyLength, format: formats.labelKey }),
    operator: z.enum(selectorOperators).meta({ description: 'How the key and the values relate.' }),
    values: z
      .array(LabelValueSchema)
      .max(maxEntries)
      .meta({
        description: 'Needed by In and NotIn, refused by Exists and DoesNotExist.',
        'x-kubernetes-list-type': 'atomic',
      })
      .optional(),
  })
  .meta(
    celRules({
      rule: "(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)",
      message: 'In and NotIn need values; Exists and DoesNotExist take none',
      fieldPath: '.values',
    }),
  );

const reserved = `[${reservedSelectorKeys.map(celString).join(', ')}]`;

/** Which nodes a Workspace may use. */
export const LabelSelectorSchema = z
  .strictObject({
    matchLabels: z
      .record(z.string(), LabelValueSchema)
      .meta({
        description: 'Labels that a node must carry.',
        maxProperties: maxEntries,
        ...celRules({
          rule: `self.all(key, key.matches(${celString(formats.labelKey.pattern)}))`,
          message: `every key must be ${formats.labelKey.is}`,
        }),
      })
      .optional(),
    matchExpressions: z
      .array(LabelSelectorRequirementSchema)
      .max(maxEntries)
      .meta({ description: 'Requirements that a node must meet.', 'x-kubernetes-list-type': 'atomic' })
      .optional(),
  })
  .meta({
    description: 'Which nodes the Workspace may use. Immutable.',
    'x-kubernetes-map-type': 'atomic',
    ...celRules(
      { rule: 'self == oldSelf', message: 'field is immutable' },
      {
        rule:
          '!has(self.matchLabels) || size(self.matchLabels) == 0 || ' +
          '(has(self.matchExpressions) && size(self.matchExpressions) > 0) || ' +
          `self.matchLabels.exists(key, !(key in ${reserved}))`,
        message: 'needs at least one non-reserved label: these keys are written by the operator itself',
        fieldPath: '.matchLabels',
      },
    ),
  });

export interface LabelSelector extends DeepReadonly<z.input<typeof LabelSelectorSchema>> {}
