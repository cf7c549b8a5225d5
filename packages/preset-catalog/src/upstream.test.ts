import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { embeddedCatalogue } from './embedded-catalogue.ts';
import type { JsonObject } from './json-value.ts';
import { languageModelConfig, readDimensions } from './model/model-dimensions.ts';
import type { ModelRecord } from './model/model-record.ts';

/** What upstream v0.12 says; see the note in the file. */
interface Upstream {
  readonly models: readonly UpstreamModel[];
  readonly legacyPresets: Readonly<Record<string, string>>;
  readonly removed: Readonly<Record<string, RemovedPreset>>;
  readonly gpus: {
    readonly models: readonly UpstreamGpu[];
    readonly instanceTypes: readonly UpstreamInstanceType[];
  };
}

interface UpstreamModel {
  readonly hf_id: string;
  readonly short_name: string;
  readonly legacy_preset_names: readonly string[];
  readonly architectures: readonly string[];
  readonly license: string | null;
  readonly weight_file_gib: number;
  readonly num_hidden_layers: number;
  readonly hidden_size: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  readonly head_dim: number;
  readonly kv_lora_rank: number | null;
  readonly qk_rope_head_dim: number | null;
  readonly context_length: number;
  readonly tool_call_parser: string | null;
  readonly reasoning_parser: string | null;
  readonly runtimes: readonly string[];
  readonly pinned_version: string | null;
}

interface RemovedPreset {
  readonly hf_id: string;
  readonly parameterCount: number | null;
  readonly gated: boolean;
  readonly license: string;
  readonly config: JsonObject;
}

interface UpstreamGpu {
  readonly name: string;
  readonly computeCapability: number;
  readonly multiprocessors: number;
  readonly realMemoryBytes: number | null;
}

interface UpstreamInstanceType {
  readonly provider: string;
  readonly instance_type: string;
  readonly gpu_count: number | null;
  readonly in_kaito: boolean;
  readonly usd_per_hour: number | null;
}

const upstream = JSON.parse(
  readFileSync(new URL('./upstream.test.json', import.meta.url), 'utf8'),
) as Upstream;
const catalogue = embeddedCatalogue();

function recordOf(name: string): ModelRecord {
  const resolution = catalogue.resolve(name);
  if (resolution.kind === 'unknown') throw new Error(resolution.message);
  return resolution.record;
}

test('the catalogue holds upstream models, presets that upstream removed, and the demo model', () => {
  const expected = [
    ...upstream.models.map((model) => model.short_name),
    ...Object.keys(upstream.removed),
    'own-tiny-qwen2',
  ];
  expect(catalogue.models.map(({ name }) => name).toSorted()).toEqual(expected.toSorted());
  expect(upstream.models).toHaveLength(60);
});

test.each(Object.entries(upstream.legacyPresets))('the preset name %s leads to %s', (name, repository) => {
  const { source } = recordOf(name);
  expect(source.kind === 'huggingface' && source.repository.toLowerCase()).toBe(repository);
});

describe.each(upstream.models)('$hf_id', (model) => {
  const record = recordOf(model.hf_id);
  const dimensions = readDimensions(record.facts);
  const config = languageModelConfig(record.facts.config ?? {});

  test('has the name, source and terms that upstream knows', () => {
    expect(record.name).toBe(model.short_name);
    expect(record.source).toMatchObject({ kind: 'huggingface', repository: model.hf_id });
    expect(record.license ?? null).toBe(model.license);
    expect(record.runtimes).toEqual(model.runtimes);
    expect(record.facts.repositoryFileGiB).toBe(model.weight_file_gib);
  });

  test('has the dimensions that upstream knows', () => {
    expect(record.facts.config?.['architectures']).toEqual(model.architectures);
    expect(dimensions).toMatchObject({
      layers: model.num_hidden_layers,
      hiddenSize: model.hidden_size,
      attentionHeads: model.num_attention_heads,
      maxPositionEmbeddings: model.context_length,
    });
    expect(config['kv_lora_rank'] ?? null).toBe(model.kv_lora_rank);
    expect(config['qk_rope_head_dim'] ?? null).toBe(model.qk_rope_head_dim);
    if (model.kv_lora_rank !== null) return;
    expect(dimensions).toMatchObject({
      keyValueHeads: model.num_key_value_heads,
      headDimension: model.head_dim,
    });
  });

  test('has its reasoning parser', () => {
    expect(record.reasoningParser ?? null).toBe(model.reasoning_parser);
  });
});

const pinned = upstream.models.flatMap(({ hf_id: id, pinned_version: version }) =>
  version === null ? [] : [[id, /\/commit\/([0-9a-f]{40})$/.exec(version)?.[1]] as const],
);

test.each(pinned)('%s is pinned to the commit that upstream names', (id, revision) => {
  expect(recordOf(id).source).toMatchObject({ revision });
});

/** Where upstream's choice by name is wrong. */
const toolParserDiffers: Readonly<Record<string, string | undefined>> = {
  'deepseek-r1-distill-llama-8b': undefined,
  'deepseek-r1-distill-qwen-14b': undefined,
  'gemma-3-4b-it': undefined,
  'gemma-3-27b-it': undefined,
  'phi-4-mini-instruct': 'phi4_mini_json',
};

test.each(upstream.models.filter(({ short_name: name }) => !Object.hasOwn(toolParserDiffers, name)))(
  '$hf_id has its tool call parser',
  (model) => expect(recordOf(model.hf_id).toolCallParser ?? null).toBe(model.tool_call_parser),
);

test.each(Object.entries(toolParserDiffers))(
  '%s differs from upstream in its tool call parser and says why',
  (name, parser) => {
    expect(recordOf(name).toolCallParser).toBe(parser);
    expect(recordOf(name).notes?.join(' ')).toMatch(/^Upstream/);
  },
);

describe.each(Object.entries(upstream.removed))('%s, which upstream removed,', (name, removed) => {
  test('has the facts of its published model', () => {
    const record = recordOf(name);
    expect(record).toMatchObject({
      source: { kind: 'huggingface', repository: removed.hf_id },
      license: removed.license,
      gated: removed.gated,
      facts: { config: removed.config, confidence: 'medium' },
    });
    expect(record.facts.parameterCount ?? null).toBe(removed.parameterCount);
  });
});

test('the demo model comes from an image and runs on every engine', () => {
  expect(recordOf('own-tiny-qwen2')).toMatchObject({
    source: { kind: 'image', reference: 'kaito-demo/own-base:1' },
    runtimes: ['vllm', 'transformers', 'llamacpp'],
    loraAllowed: true,
  });
});

test.each(upstream.gpus.models)('$name has its sourced facts', ({ name, realMemoryBytes, ...facts }) => {
  const gpu = catalogue.gpuModel(name);
  expect(gpu).toMatchObject({
    computeCapability: facts.computeCapability,
    multiprocessors: facts.multiprocessors,
  });
  expect(gpu?.realMemoryBytes ?? null).toBe(realMemoryBytes);
});

test.each(upstream.gpus.instanceTypes)('$provider $instance_type is in the catalogue', (type) => {
  const found = catalogue.instanceType(type.instance_type);
  expect(found).toMatchObject({ provider: type.provider, inUpstream: type.in_kaito });
  expect(found?.gpuCount ?? null).toBe(type.gpu_count);
  expect(found?.price?.perHour ?? null).toBe(type.usd_per_hour);
});
