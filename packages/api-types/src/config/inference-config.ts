import {
  error,
  type FieldIssue,
  hasErrors,
  issueCodes,
  type Parsed,
  warning,
} from '../issues/field-issue.ts';
import { type FieldPath, formatFieldPath } from '../issues/field-path.ts';
import { runtimeNames } from '../names/annotations.ts';
import { looksLikePlaceholder, placeholderMessage } from '../schema/placeholder.ts';
import { locateIssues } from '../yaml/located-document.ts';
import type { YamlPosition } from '../yaml/yaml-syntax-error.ts';
import { ambiguousScalars } from './ambiguous-scalars.ts';
import { type ConfigMapping, isMapping, readConfig, unknownSection } from './read-config-map.ts';

/** Flags of one runtime, by their name on the command line without dashes; values are scalars, lists or maps. */
export type RuntimeFlags = Readonly<Record<string, unknown>>;

/** Content of `inference_config.yaml`. */
export interface InferenceConfig {
  readonly vllm: RuntimeFlags;
  readonly transformers?: RuntimeFlags;
  readonly llamacpp?: RuntimeFlags;
  /** Does nothing since vLLM sizes its own cache; kept so that older files are read. */
  readonly maxProbeSteps?: number;
  /** Part of main memory for KV offload, 0 to 1; 0 turns it off. */
  readonly kvCacheCpuMemoryUtilization?: number;
  /** Place of a path such as `['vllm', 'max-model-len']` in the text, or of its nearest ancestor. */
  positionOf(path: FieldPath): YamlPosition | undefined;
}

const probeSteps = 'max_probe_steps';
const offload = 'kv_cache_cpu_memory_utilization';
const sections: readonly string[] = [...runtimeNames, probeSteps, offload];

/** Reads `inference_config.yaml`; issues carry line and column. Whether a runtime knows a flag is the catalogue's question. */
export function parseInferenceConfig(text: string): Parsed<InferenceConfig> {
  const read = readConfig(text);
  if (!read.ok) return read;
  const { mapping, document } = read;
  const found = [
    ...Object.keys(mapping).flatMap((name) =>
      sections.includes(name) ? [] : [unknownSection(formatFieldPath([name]), name, sections)],
    ),
    ...runtimeNames.flatMap((name) => flagIssues(mapping[name], name)),
    ...probeStepIssues(mapping[probeSteps]),
    ...offloadIssues(mapping[offload]),
  ];
  const issues = document ? [...locateIssues(found, document), ...ambiguousScalars(document)] : found;
  if (hasErrors(issues)) return { ok: false, issues };
  return { ok: true, value: configOf(mapping, (path) => document?.positionOf(path)), issues };
}

function configOf(mapping: ConfigMapping, positionOf: InferenceConfig['positionOf']): InferenceConfig {
  const flags = (name: string): RuntimeFlags => (mapping[name] ?? {}) as RuntimeFlags;
  return {
    vllm: flags('vllm'),
    ...(mapping['transformers'] == null ? {} : { transformers: flags('transformers') }),
    ...(mapping['llamacpp'] == null ? {} : { llamacpp: flags('llamacpp') }),
    ...(mapping[probeSteps] == null ? {} : { maxProbeSteps: mapping[probeSteps] as number }),
    ...(mapping[offload] == null ? {} : { kvCacheCpuMemoryUtilization: mapping[offload] as number }),
    positionOf,
  };
}

function flagIssues(section: unknown, name: string): readonly FieldIssue[] {
  if (section === undefined || section === null) return [];
  if (!isMapping(section)) return [error(name, issueCodes.wrongType, 'must be a map of flags', section)];
  return Object.entries(section).flatMap(([flag, value]) => flagIssue(formatFieldPath([name, flag]), value));
}

function flagIssue(path: string, value: unknown): readonly FieldIssue[] {
  if (value === null) {
    return [error(path, issueCodes.required, 'has no value; write true for a switch, or remove the line')];
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return [error(path, issueCodes.invalidValue, 'must be a finite number', value)];
  }
  if (typeof value === 'string' && looksLikePlaceholder(value)) {
    return [error(path, issueCodes.placeholder, placeholderMessage, value)];
  }
  return [];
}

function probeStepIssues(value: unknown): readonly FieldIssue[] {
  if (value === undefined || value === null) return [];
  if (!Number.isInteger(value) || (value as number) < 0) {
    return [error(probeSteps, issueCodes.wrongType, 'must be a whole number', value)];
  }
  return [warning(probeSteps, issueCodes.noEffect, 'does nothing: vLLM sizes its own cache', value)];
}

function offloadIssues(value: unknown): readonly FieldIssue[] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'number' && value >= 0 && value <= 1) return [];
  return [error(offload, issueCodes.outOfRange, 'must be a number between 0 and 1', value)];
}
