import * as z from 'zod';
import { celRules } from './cel-rule.ts';
import type { DeepReadonly } from './deep-readonly.ts';
import { formats, text } from './text.ts';

const secretName = (description: string): z.ZodString =>
  text({ description, max: 253, format: formats.objectName });

/** Names of pull secrets. */
export const ImagePullSecretsSchema = z.array(secretName('Name of a docker-config Secret.')).max(16);

const PresetOptionsSchema = z.strictObject({
  image: text({ description: 'Does nothing; kept so that older manifests are read.', max: 1024 }).optional(),
  imagePullSecrets: ImagePullSecretsSchema.meta({
    description: 'Does nothing; kept so that older manifests are read.',
  }).optional(),
  modelAccessSecret: secretName(
    'Secret in the same namespace whose key HF_TOKEN opens gated models.',
  ).optional(),
});

const stringOption = (of: string, field: string): string =>
  `(has(${of}.presetOptions) && has(${of}.presetOptions.${field}) ? ${of}.presetOptions.${field} : '')`;
const same = (value: (of: string) => string): string => `${value('self')} == ${value('oldSelf')}`;

// Upstream compares decoded structs, in which absent, {} and '' are one value: so does this rule.
const unchanged = [
  'self.name == oldSelf.name',
  same((of) => `(has(${of}.accessMode) ? ${of}.accessMode : 'public')`),
  same((of) => stringOption(of, 'image')),
  same((of) => stringOption(of, 'modelAccessSecret')),
  same(
    (of) =>
      `(has(${of}.presetOptions) && has(${of}.presetOptions.imagePullSecrets) ? ${of}.presetOptions.imagePullSecrets : [])`,
  ),
].join(' && ');

/** A model that the catalogue knows. */
export const PresetSpecSchema = z
  .strictObject({
    name: text({
      description: 'Name of a preset, or a Hugging Face id such as org/model.',
      min: 1,
      max: 253,
      format: formats.modelName,
    }),
    accessMode: z
      .enum(['public', 'private'])
      .default('public')
      .meta({ description: 'Does nothing; kept so that older manifests are read.' }),
    presetOptions: PresetOptionsSchema.optional(),
  })
  .meta({
    description: 'A model that the catalogue knows. Immutable.',
    ...celRules({ rule: unchanged, message: 'field is immutable' }),
  });

export interface PresetSpec extends DeepReadonly<z.input<typeof PresetSpecSchema>> {}
