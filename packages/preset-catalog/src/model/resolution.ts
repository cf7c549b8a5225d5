import type { ModelRecord } from './model-record.ts';
import { nearestNames } from './nearest-names.ts';

export interface ResolvedModel {
  readonly kind: 'resolved';
  readonly record: ModelRecord;
  readonly via: 'name' | 'alias' | 'repository';
}

export interface UnknownModel {
  readonly kind: 'unknown';
  readonly name: string;
  /** NotInCatalogue: the name has the form of a repository id and nobody has recorded its facts yet. */
  readonly reason: 'NotInCatalogue' | 'UnknownName';
  readonly nearest: readonly string[];
  /** What is wrong. */
  readonly message: string;
  /** What to do about it. */
  readonly nextStep: string;
}

export type Resolution = ResolvedModel | UnknownModel;

const repositoryForm = /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/;

export type ModelIndex = ReadonlyMap<string, ResolvedModel>;

/** Later records take names and aliases from earlier ones; a record's own name outweighs another's alias. */
export function indexModels(records: readonly ModelRecord[]): ModelIndex {
  const index = new Map<string, ResolvedModel>();
  const add = (name: string, record: ModelRecord, via: ResolvedModel['via']): void => {
    index.set(name.toLowerCase(), { kind: 'resolved', record, via });
  };
  for (const record of records) {
    if (record.source.kind === 'huggingface') add(record.source.repository, record, 'repository');
  }
  for (const record of records) {
    for (const alias of record.aliases) add(alias, record, 'alias');
  }
  for (const record of records) add(record.name, record, 'name');
  return index;
}

/** Names compare without regard to case, as upstream does it. */
export function resolveModel(index: ModelIndex, name: string): Resolution {
  return index.get(name.trim().toLowerCase()) ?? unknownModel(index, name.trim());
}

function unknownModel(index: ModelIndex, name: string): UnknownModel {
  const nearest = nearestNames(name, spellings(index));
  const hint = nearest.length === 0 ? '' : `; did you mean ${nearest.join(', ')}?`;
  if (repositoryForm.test(name)) {
    return {
      kind: 'unknown',
      name,
      reason: 'NotInCatalogue',
      nearest,
      message: `model ${name} is not in the catalogue${hint}`,
      nextStep: `run "kaito models add ${name}" where the hub can be reached, or add a record with --model-records or the ConfigMap kaito-model-records`,
    };
  }
  return {
    kind: 'unknown',
    name,
    reason: 'UnknownName',
    nearest,
    message: `"${name}" names no model of the catalogue${hint}`,
    nextStep: `use ${[...nearest, 'a name that "kaito models" lists'].join(' or ')}, or add a record with --model-records or the ConfigMap kaito-model-records`,
  };
}

function spellings(index: ModelIndex): readonly string[] {
  const names = new Set<string>();
  for (const { record } of index.values()) {
    names.add(record.name);
    for (const alias of record.aliases) names.add(alias);
    if (record.source.kind === 'huggingface') names.add(record.source.repository);
  }
  return [...names];
}
