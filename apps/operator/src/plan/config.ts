import type { Workspace } from '@kaito-ts/api-types';
import type { FlagRecord, RuntimeRecord } from '@kaito-ts/preset-catalog';
import type { Planned } from './cause.ts';
import type { ConfigObservation } from './observation.ts';
import { conditionReasons, dataKeys, nearest, parseInferenceConfig } from '@kaito-ts/api-types';
import { planned, refused } from './cause.ts';

export interface ServingConfig {
  readonly name: string;
  readonly content: string;
  /** Settings of the chosen runtime by the flag's own name. */
  readonly settings: Readonly<Record<string, unknown>>;
}

interface Fault {
  readonly path: string;
  readonly message: string;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

/** The config that inference.config names, checked against the flags of the runtime that will get it. */
export function planConfig(
  workspace: Workspace,
  config: ConfigObservation | undefined,
  runtime: RuntimeRecord,
): Planned<ServingConfig | undefined> {
  if (config === undefined) return planned(undefined);
  const { name, content } = config;
  if (config.state === 'missing') {
    return refused({
      reason: conditionReasons.ConfigMapNotFound,
      object: `ConfigMap/${name}`,
      cause: `inference.config names it, but it does not exist in namespace ${workspace.metadata.namespace}`,
      nextStep: `create it with the key ${dataKeys.inferenceConfig}`,
    });
  }
  if (config.state === 'keyless')
    return invalid(name, [{ path: '', message: `has no key ${dataKeys.inferenceConfig}` }]);
  const parsed = parseInferenceConfig(content);
  if (!parsed.ok)
    return invalid(
      name,
      parsed.issues.filter(({ severity }) => severity === 'error'),
    );
  const section = runtime.engine as 'vllm' | 'transformers' | 'llamacpp';
  const settings = parsed.value[section] ?? {};
  const faults = Object.entries(settings).flatMap(([flag, value]) => {
    const message = faultOf(flag, value, runtime);
    if (message === undefined) return [];
    return [{ path: `${section}.${flag}`, message, ...parsed.value.positionOf([section, flag]) }];
  });
  return faults.length > 0 ? invalid(name, faults) : planned({ name, content, settings });
}

function invalid(name: string, faults: readonly Fault[]): Planned<never> {
  const [first] = faults;
  const where =
    first?.line === undefined ? '' : `:${first.line}${first.column === undefined ? '' : `:${first.column}`}`;
  const what = [first?.path, first?.message].filter((part) => part !== undefined && part !== '').join(': ');
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
  return refused({
    reason: conditionReasons.ConfigInvalid,
    object: `ConfigMap/${name}`,
    cause: `${dataKeys.inferenceConfig}${where}: ${what}${more}`,
    nextStep: 'correct the ConfigMap; the Workspace follows by itself',
  });
}

/** A flag that a release dropped is no fault: the launcher translates it or leaves it out with a warning. */
function faultOf(name: string, value: unknown, runtime: RuntimeRecord): string | undefined {
  if (runtime.flags.size === 0) return undefined;
  const flag = runtime.findFlag(name.split('.')[0] ?? name);
  if (flag === undefined) {
    const meant = nearest(name, runtime.flags.keys());
    return `${runtime.engine} ${runtime.version} has no such flag${meant === undefined ? '' : `; did you mean ${meant}?`}`;
  }
  if (flag.removedIn !== undefined || fits(value, flag)) return undefined;
  return `expects ${expectation(flag)}, not ${JSON.stringify(value)}`;
}

type TypeCheck = (value: unknown) => boolean;

const typeChecks: Readonly<Record<FlagRecord['type'], TypeCheck>> = {
  boolean: (value) => typeof value === 'boolean' || value === 'true' || value === 'false',
  int: (value) => Number.isInteger(asNumber(value)),
  float: (value) => Number.isFinite(asNumber(value)),
  string: (value) => typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean',
  json: (value) => value !== undefined,
  list: (value) => Array.isArray(value) || typeof value === 'string' || typeof value === 'number',
};

function fits(value: unknown, flag: FlagRecord): boolean {
  if (value === null) return true;
  if (typeof value === 'string' && flag.words?.includes(value)) return true;
  if (flag.humanReadable && typeof value === 'string' && /^\d+(\.\d+)?[kKmMgGtT]?$/.test(value)) return true;
  if (flag.choices !== undefined && flag.openChoices !== true && !Array.isArray(value)) {
    return flag.choices.some((choice) => spelled(choice) === spelled(value));
  }
  return typeChecks[flag.type](value);
}

function expectation(flag: FlagRecord): string {
  if (flag.choices !== undefined && flag.openChoices !== true)
    return `one of ${flag.choices.map(spelled).join(', ')}`;
  return {
    boolean: 'true or false',
    int: 'a whole number',
    float: 'a number',
    string: 'a text',
    json: 'a JSON value',
    list: 'a list',
  }[flag.type];
}

function asNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
}

function spelled(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
