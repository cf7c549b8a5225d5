import * as z from 'zod';
import type { ModelFacts } from '../model/model-facts.ts';
import { engineNames, type ModelRecord } from '../model/model-record.ts';
import type { JsonObject } from '../json-value.ts';

const text = z.string().min(1);
const wholeNumber = z.number().int().nonnegative();
const jsonObject: z.ZodType<JsonObject> = z.record(z.string(), z.json());
const repository = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/, 'must have the form organisation/model');
const revision = z.string().regex(/^[0-9a-f]{40}$/, 'must be a full commit id of 40 hexadecimal digits');

const source = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('huggingface'), repository, revision: revision.exactOptional() }),
  z.strictObject({ kind: z.literal('image'), reference: text }),
  z.strictObject({ kind: z.literal('persistentVolumeClaim'), claimName: text, path: text.exactOptional() }),
]);

const weightParts = z.strictObject({
  totalBytes: wholeNumber.exactOptional(),
  lmHeadBytes: wholeNumber.exactOptional(),
  mtpBytes: wholeNumber.exactOptional(),
  float32Bytes: wholeNumber.exactOptional(),
  engramTableBytes: wholeNumber.exactOptional(),
  revision: revision.exactOptional(),
});

const facts: z.ZodType<ModelFacts> = z.strictObject({
  config: jsonObject.exactOptional(),
  unknownKeys: z.array(text).exactOptional(),
  family: text.exactOptional(),
  storedWeightBytes: wholeNumber.positive().exactOptional(),
  loadedWeightBytes: wholeNumber.positive().exactOptional(),
  weightParts: weightParts.exactOptional(),
  parameterCount: wholeNumber.positive().exactOptional(),
  tensors: z
    .array(
      z.strictObject({
        pattern: text,
        dtype: text,
        shape: z.array(wholeNumber),
        count: wholeNumber.positive(),
      }),
    )
    .exactOptional(),
  repositoryFileGiB: z.number().positive().exactOptional(),
  confidence: z.enum(['low', 'medium', 'high']).exactOptional(),
  sources: z.record(z.string(), text).exactOptional(),
});

const engineArguments = z.record(z.string(), z.json());

/** A record file, whether it lies in `presets/models/`, in --model-records or in a ConfigMap. */
export const modelRecordSchema: z.ZodType<ModelRecord> = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][\w./-]*$/, 'must be letters, digits, ".", "_", "-" or "/"'),
  aliases: z.array(text).default([]),
  source,
  facts: facts.default({}),
  license: text.exactOptional(),
  gated: z.boolean().exactOptional(),
  downloadAuthRequired: z.boolean().exactOptional(),
  toolCallParser: text.exactOptional(),
  reasoningParser: text.exactOptional(),
  chatTemplate: text.exactOptional(),
  dtype: text.exactOptional(),
  quantization: text.exactOptional(),
  loraAllowed: z.boolean().exactOptional(),
  runtimes: z.array(z.enum(engineNames)).min(1),
  files: z
    .array(
      z.strictObject({
        path: text,
        size: wholeNumber,
        sha256: z
          .string()
          .regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits')
          .exactOptional(),
      }),
    )
    .exactOptional(),
  weightsFormat: z.enum(['safetensors', 'mistral', 'gguf']).exactOptional(),
  engineArguments: z
    .strictObject({
      vllm: engineArguments.exactOptional(),
      transformers: engineArguments.exactOptional(),
      llamacpp: engineArguments.exactOptional(),
    })
    .exactOptional(),
  notes: z.array(text).exactOptional(),
});
