import { randomInt } from 'node:crypto';
import { z } from 'zod';
import type { SamplingDefaults } from '../command-line.ts';
import type { Sampling } from '../engine/engine.ts';
import { ApiError } from './api-error.ts';

const unsupported = (what: string): string => `${what} is not supported by this runtime`;

/** Present only to be refused: an answer without it would not be what the client asked for. */
export function refusedField(what: string): z.ZodType {
  return z
    .unknown()
    .refine((value) => !isMeant(value), {
      error: unsupported(what),
      params: { code: 'unsupported_parameter' },
    })
    .optional();
}

function isMeant(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

type OptionalNumber = z.ZodType<number | null | undefined>;
type OptionalBoolean = z.ZodType<boolean | null | undefined>;

interface SamplingFields {
  readonly temperature: OptionalNumber;
  readonly top_p: OptionalNumber;
  readonly top_k: OptionalNumber;
  readonly min_p: OptionalNumber;
  readonly seed: OptionalNumber;
  readonly frequency_penalty: OptionalNumber;
  readonly presence_penalty: OptionalNumber;
  readonly stream: OptionalBoolean;
  readonly logit_bias: z.ZodType;
}

interface CompletionFields extends SamplingFields {
  readonly max_tokens: OptionalNumber;
  readonly stop: z.ZodType<string | string[] | null | undefined>;
  readonly n: z.ZodType;
  readonly stream_options: z.ZodType<{ include_usage?: boolean | null | undefined } | null | undefined>;
}

/** Fields that all three generating endpoints share; others that the API knows are ignored. */
export const samplingFields: SamplingFields = {
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  top_k: z.int().min(-1).nullish(),
  min_p: z.number().min(0).max(1).nullish(),
  seed: z.int().nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  stream: z.boolean().nullish(),
  logit_bias: refusedField('logit_bias'),
};

export const tokenLimit: OptionalNumber = z.int().min(1).nullish();
export const onlyOne: z.ZodType = z.literal(1, { error: unsupported('a value other than 1') }).nullish();

/** Fields of the two completion endpoints. */
export const completionFields: CompletionFields = {
  ...samplingFields,
  max_tokens: tokenLimit,
  stop: z
    .union([z.string().min(1), z.array(z.string().min(1)).max(16)], {
      error: 'expected a non-empty string or up to 16 of them',
    })
    .nullish(),
  n: onlyOne,
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
};

/** Checks a body and names the first field that is wrong. */
export function parseBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0] as z.core.$ZodIssue;
  const param = issue.path.map(String).join('.');
  const code = issue.code === 'custom' ? 'unsupported_parameter' : 'invalid_value';
  throw new ApiError(param === '' ? 'the body must be a JSON object' : `${param}: ${issue.message}`, {
    code,
    ...(param === '' ? {} : { param }),
  });
}

type SamplingBody = { readonly [Field in keyof SamplingFields]?: z.output<SamplingFields[Field]> };

export function toSampling(body: SamplingBody, defaults: SamplingDefaults): Sampling {
  return {
    temperature: body.temperature ?? defaults.temperature,
    topK: Math.max(0, body.top_k ?? defaults.topK),
    topP: body.top_p ?? defaults.topP,
    minP: body.min_p ?? defaults.minP,
    seed: (body.seed ?? defaults.seed ?? randomInt(2 ** 32)) >>> 0,
    frequencyPenalty: body.frequency_penalty ?? 0,
    presencePenalty: body.presence_penalty ?? 0,
  };
}

export function toStops(value: string | readonly string[] | null | undefined): readonly string[] {
  if (value === null || value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}
