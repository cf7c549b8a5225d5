import { posix } from 'node:path';
import { error, type FieldIssue, hasErrors, issueCodes, type Parsed } from '../issues/field-issue.ts';
import { type FieldPath, formatFieldPath } from '../issues/field-path.ts';
import { locateIssues } from '../yaml/located-document.ts';
import type { YamlPosition } from '../yaml/yaml-syntax-error.ts';
import { ambiguousScalars } from './ambiguous-scalars.ts';
import { type ConfigMapping, isMapping, readConfig, unknownSection } from './read-config-map.ts';

/** Sections that `training_config` may hold. */
export const trainingSections = [
  'ModelConfig',
  'QuantizationConfig',
  'LoraConfig',
  'TrainingArguments',
  'DatasetConfig',
  'DataCollator',
] as const;

export type TrainingSection = (typeof trainingSections)[number];

/** Content of `training_config.yaml`. */
export interface TrainingConfig {
  readonly sections: Readonly<Partial<Record<TrainingSection, Readonly<Record<string, unknown>>>>>;
  /** Place of a path such as `['training_config', 'LoraConfig', 'r']` in the text, or of its nearest ancestor. */
  positionOf(path: FieldPath): YamlPosition | undefined;
}

const root = 'training_config';
/** The only directory of the training container that outlives it. */
const outputRoot = '/mnt';

/** Reads `training_config.yaml` for a method, `lora` or `qlora` in any case; issues carry line and column. */
export function parseTrainingConfig(text: string, method: string): Parsed<TrainingConfig> {
  const read = readConfig(text);
  if (!read.ok) return read;
  const { mapping, document } = read;
  const found = configIssues(mapping[root], method.toLowerCase());
  const issues = document ? [...locateIssues(found, document), ...ambiguousScalars(document)] : found;
  if (hasErrors(issues)) return { ok: false, issues };
  const sections = mapping[root] as TrainingConfig['sections'];
  return { ok: true, value: { sections, positionOf: (path) => document?.positionOf(path) }, issues };
}

function configIssues(config: unknown, method: string): readonly FieldIssue[] {
  if (!isMapping(config)) {
    const code = config === undefined ? issueCodes.required : issueCodes.wrongType;
    return [error(root, code, 'must be a map of sections', config)];
  }
  return [
    ...Object.entries(config).flatMap(([name, section]) => sectionIssues(name, section)),
    ...quantizationIssues(config['QuantizationConfig'], method),
    ...outputDirectoryIssues(config['TrainingArguments']),
  ];
}

function sectionIssues(name: string, section: unknown): readonly FieldIssue[] {
  const path = formatFieldPath([root, name]);
  if (!trainingSections.some((known) => known === name))
    return [unknownSection(path, name, trainingSections)];
  if (section === null || isMapping(section)) return [];
  return [error(path, issueCodes.wrongType, 'must be a map', section)];
}

function quantizationIssues(section: unknown, method: string): readonly FieldIssue[] {
  const at = `${root}.QuantizationConfig`;
  const quantization: ConfigMapping = isMapping(section) ? section : {};
  const switches = ['load_in_4bit', 'load_in_8bit'];
  const wrong = switches.filter(
    (name) => quantization[name] != null && typeof quantization[name] !== 'boolean',
  );
  if (wrong.length > 0) {
    return wrong.map((name) =>
      error(`${at}.${name}`, issueCodes.wrongType, 'must be true or false', quantization[name]),
    );
  }
  const on = switches.filter((name) => quantization[name] === true);
  if (on.length > 1) {
    return [error(at, issueCodes.exactlyOne, 'load_in_4bit and load_in_8bit exclude each other')];
  }
  if (method === 'lora' && on.length > 0) {
    return [error(at, issueCodes.notAllowed, `${on[0]} must not be true for method lora; use qlora`)];
  }
  if (method === 'qlora' && on.length === 0) {
    return [error(at, issueCodes.required, 'load_in_4bit or load_in_8bit must be true for method qlora')];
  }
  return [];
}

function outputDirectoryIssues(section: unknown): readonly FieldIssue[] {
  const path = `${root}.TrainingArguments.output_dir`;
  const directory = isMapping(section) ? section['output_dir'] : undefined;
  if (directory === undefined || directory === null) return [];
  if (typeof directory !== 'string') return [error(path, issueCodes.wrongType, 'must be text', directory)];
  const resolved = posix.resolve(outputRoot, directory);
  if (resolved.startsWith(`${outputRoot}/`)) return [];
  return [error(path, issueCodes.invalidValue, `must be a directory below ${outputRoot}`, directory)];
}
