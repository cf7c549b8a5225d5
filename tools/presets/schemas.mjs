// The form of the files in presets/gpus and presets/runtimes. (Model records have theirs in preset-catalog: users write them too.)
import * as z from 'zod';

const text = z.string().min(1);
const count = z.number().int().nonnegative();
const isoDate = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
const json = z.json();

const flagTypes = z.enum(['boolean', 'string', 'int', 'float', 'json', 'list']);
const flag = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/),
  type: flagTypes,
  choices: z.array(json).optional(),
  openChoices: z.boolean().optional(),
  default: json.optional(),
  negation: text.optional(),
  aliases: z.array(text).optional(),
  nullable: z.boolean().optional(),
  humanReadable: z.boolean().optional(),
  words: z.array(text).optional(),
  plainText: z.boolean().optional(),
  itemType: flagTypes.optional(),
  listStyle: z.enum(['values', 'repeated', 'comma']).optional(),
  deprecated: text.optional(),
  removedIn: text.optional(),
  replacement: text.optional(),
  note: text.optional(),
});

export const runtimeFile = z.strictObject({
  engine: z.enum(['vllm', 'transformers', 'llamacpp']),
  version: text,
  defaultImage: text,
  default: z.boolean().optional(),
  source: text,
  basedOn: text.optional(),
  withoutFlags: z.array(text).optional(),
  flags: z.array(flag),
  removedFlags: z.array(flag.extend({ removedIn: text })).optional(),
  architectures: z
    .array(
      z.strictObject({
        name: text,
        lora: z.boolean().optional(),
        pipelineParallel: z.boolean().optional(),
        multimodal: z.boolean().optional(),
        hybrid: z.boolean().optional(),
      }),
    )
    .optional(),
  toolCallParsers: z.array(text).optional(),
  reasoningParsers: z.array(text).optional(),
});

export const gpuModelsFile = z.strictObject({
  models: z.array(
    z.strictObject({
      name: text,
      vendor: z.enum(['nvidia', 'amd', 'aws']),
      aliases: z.array(text).default([]),
      architecture: text.optional(),
      computeCapability: z.number().positive().optional(),
      multiprocessors: count.positive().optional(),
      nominalMemoryGiB: z.number().positive().optional(),
      realMemoryBytes: count.positive().optional(),
      reportedMemoryGiB: z.tuple([z.number(), z.number()]).optional(),
      inlineEcc: z.boolean().optional(),
      sources: z.record(z.string(), text),
      migProfiles: z.array(z.string().regex(/^\d+g\.[\d.]+gb$/)).optional(),
    }),
  ),
});

const price = z.strictObject({
  perHour: z.number().positive(),
  region: text,
  lowest: z.strictObject({ perHour: z.number().positive(), region: text }).optional(),
});

export const instanceTypesFile = z.strictObject({
  provider: z.enum(['azure', 'aws', 'arc']),
  priceList: z
    .strictObject({ currency: z.literal('USD'), kind: text, date: isoDate, source: text })
    .optional(),
  source: text,
  instanceTypes: z.array(
    z.strictObject({
      name: text,
      aliases: z.array(text).optional(),
      gpu: text.optional(),
      gpuCount: count.optional(),
      nominalMemoryGiBPerGpu: z.number().positive().optional(),
      cloudReportedMemoryMiBPerGpu: count.optional(),
      vcpus: count.optional(),
      hostMemoryMiB: count.optional(),
      localNvme: z.boolean().optional(),
      localNvmeGB: z.number().nonnegative().optional(),
      price: price.optional(),
      retired: isoDate.optional(),
      inUpstream: z.boolean(),
      notes: z.array(text).optional(),
    }),
  ),
});

export const nodeLabelsFile = z.strictObject({
  product: text,
  count: text,
  memoryMiB: text,
  computeMajor: text,
  computeMinor: text,
});
