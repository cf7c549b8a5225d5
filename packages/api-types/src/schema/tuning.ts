import * as z from 'zod';
import { celIsSet, celRules } from './cel-rule.ts';
import type { DeepReadonly } from './deep-readonly.ts';
import { opaque } from './opaque.ts';
import { ImagePullSecretsSchema, PresetSpecSchema } from './preset.ts';
import { formats, text } from './text.ts';

const nameOf = (of: string): string => `(has(${of}.name) ? ${of}.name : '')`;
const count = (...terms: readonly string[]): string => terms.map((term) => `(${term} ? 1 : 0)`).join(' + ');

/** Where training data comes from. */
export const TuningInputSchema = z
  .strictObject({
    name: text({
      description: 'Name of the data set. Immutable.',
      max: 253,
      format: formats.objectName,
    }).optional(),
    urls: z
      .array(text({ description: 'http or https address of a file.', min: 1, max: 2048 }))
      .max(100)
      .meta({ description: 'Addresses to download.' })
      .optional(),
    volumeSource: opaque('Volume that holds the data, as in a pod.').optional(),
    image: text({
      description: 'Image that holds the data.',
      max: 1024,
      format: formats.imageReference,
    }).optional(),
    imagePullSecrets: ImagePullSecretsSchema.meta({
      description: 'Docker-config Secrets that can pull the image.',
    }).optional(),
  })
  .meta({
    description: 'Training data. Exactly one of urls, volumeSource and image.',
    ...celRules(
      {
        rule: `${count('has(self.urls) && size(self.urls) > 0', 'has(self.volumeSource)', celIsSet('image'))} == 1`,
        message: 'exactly one of urls, volumeSource and image must be set',
      },
      {
        rule: `${nameOf('self')} == ${nameOf('oldSelf')}`,
        message: 'field is immutable',
        fieldPath: '.name',
      },
    ),
  });

/** Where the trained adapter goes. */
export const TuningOutputSchema = z
  .strictObject({
    volumeSource: opaque('Volume that receives the adapter, as in a pod.').optional(),
    image: text({
      description: 'Image reference to push.',
      max: 1024,
      format: formats.imageReference,
    }).optional(),
    imagePushSecret: text({
      description: 'Docker-config Secret that can push the image.',
      max: 253,
      format: formats.objectName,
    }).optional(),
  })
  .meta({
    description: 'Where the adapter goes. Exactly one of volumeSource and image.',
    ...celRules(
      {
        rule: `has(self.volumeSource) != ${celIsSet('image')}`,
        message: 'exactly one of volumeSource and image must be set',
      },
      {
        rule: `!${celIsSet('image')} || ${celIsSet('imagePushSecret')}`,
        message: 'imagePushSecret is required when image is set',
        fieldPath: '.imagePushSecret',
        reason: 'FieldValueRequired',
      },
    ),
  });

/** A fine-tuning job. */
export const TuningSpecSchema = z
  .strictObject({
    preset: PresetSpecSchema,
    method: z
      .string()
      .max(16)
      .regex(/^[qQ]?[lL][oO][rR][aA]$/, { error: 'must be lora or qlora' })
      .meta({
        description: 'lora or qlora, in any case. Immutable.',
        ...celRules({
          rule: "self.matches('^[qQ]') == oldSelf.matches('^[qQ]')",
          message: 'field is immutable',
        }),
      }),
    config: text({
      description: 'ConfigMap in the same namespace whose key training_config.yaml sets the training.',
      max: 253,
      format: formats.objectName,
    }).optional(),
    input: TuningInputSchema,
    output: TuningOutputSchema,
  })
  .meta({ description: 'A fine-tuning job that makes an adapter.' });

export interface TuningInput extends DeepReadonly<z.input<typeof TuningInputSchema>> {}
export interface TuningOutput extends DeepReadonly<z.input<typeof TuningOutputSchema>> {}
export interface TuningSpec extends DeepReadonly<z.input<typeof TuningSpecSchema>> {}
