import * as z from 'zod';
import { maxAdapters } from '../names/config-keys.ts';
import { celIsSet, celRules } from './cel-rule.ts';
import type { DeepReadonly } from './deep-readonly.ts';
import { opaque } from './opaque.ts';
import { ImagePullSecretsSchema, PresetSpecSchema } from './preset.ts';
import { formats, text } from './text.ts';

/** Decimal text as Go's and JavaScript's parsers both read it; the range is checked apart. */
const decimalPattern = '^[+]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][-+]?[0-9]+)?$';

/** Where an adapter comes from. */
export const AdapterSourceSchema = z
  .strictObject({
    name: text({
      description:
        'Name of the adapter: unique in the Workspace, and the model name that clients may ask for.',
      min: 1,
      max: 253,
      format: formats.nodeName,
    }),
    urls: z
      .array(z.string().max(2048))
      .max(100)
      .meta({ description: 'Not supported for adapters.' })
      .optional(),
    volumeSource: opaque('Volume that holds the adapter, as in a pod.').optional(),
    image: text({
      description: 'Image whose /data holds adapter_config.json and adapter_model.safetensors.',
      max: 1024,
      format: formats.imageReference,
    }).optional(),
    imagePullSecrets: ImagePullSecretsSchema.meta({
      description: 'Docker-config Secrets that can pull the image.',
    }).optional(),
  })
  .meta(
    celRules(
      {
        rule: '!has(self.urls) || size(self.urls) == 0',
        message: 'URLs are not supported for adapters; use image or volumeSource',
        fieldPath: '.urls',
        reason: 'FieldValueForbidden',
      },
      {
        rule: `(has(self.urls) && size(self.urls) > 0) || has(self.volumeSource) != ${celIsSet('image')}`,
        message: 'exactly one of image and volumeSource must be set',
      },
    ),
  );

/** A LoRA adapter and how strongly it acts. */
export const AdapterSchema = z.strictObject({
  source: AdapterSourceSchema,
  strength: z
    .string()
    .max(32)
    .regex(new RegExp(decimalPattern), { error: 'must be a decimal number in quotes, from "0" to "1"' })
    .meta({
      description: 'Factor from "0" to "1", written as text. Without it the adapter acts with "1.0".',
      ...celRules({
        rule: `!self.matches('${decimalPattern}') || (double(self) >= 0.0 && double(self) <= 1.0)`,
        message: 'must be between 0 and 1',
      }),
    })
    .optional(),
});

/** What is served: a preset or a pod template, with adapters. */
export const InferenceSpecSchema = z
  .strictObject({
    preset: PresetSpecSchema.optional(),
    template: opaque('Pod template of your own, instead of a preset.').optional(),
    config: text({
      description: 'ConfigMap in the same namespace whose key inference_config.yaml sets runtime flags.',
      max: 253,
      format: formats.objectName,
    }).optional(),
    adapters: z
      .array(AdapterSchema)
      .max(maxAdapters)
      .meta({
        description: 'LoRA adapters, at most 10, with names of their own.',
        ...celRules({
          rule: 'self.all(one, self.exists_one(other, other.source.name == one.source.name))',
          message: 'Duplicate adapter source name found; every adapter needs a name of its own',
          reason: 'FieldValueDuplicate',
        }),
      })
      .optional(),
  })
  .meta({
    description: 'What is served. Exactly one of preset and template.',
    ...celRules(
      { rule: 'has(self.preset) || has(self.template)', message: 'Preset or Template must be specified' },
      {
        rule: '!(has(self.preset) && has(self.template))',
        message: 'Preset and Template cannot be set at the same time',
        fieldPath: '.template',
        reason: 'FieldValueForbidden',
      },
      {
        rule: 'has(self.preset) == has(oldSelf.preset)',
        message: 'field is immutable: it cannot be added or removed',
        fieldPath: '.preset',
      },
      {
        rule: 'has(self.template) == has(oldSelf.template)',
        message: 'field is immutable: it cannot be unset/set if it was set/unset',
        fieldPath: '.template',
      },
    ),
  });

export interface AdapterSource extends DeepReadonly<z.input<typeof AdapterSourceSchema>> {}
export interface Adapter extends DeepReadonly<z.input<typeof AdapterSchema>> {}
export interface InferenceSpec extends DeepReadonly<z.input<typeof InferenceSpecSchema>> {}
