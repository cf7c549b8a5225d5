import type { Workspace } from '@kaito-ts/api-types';
import type { RuntimeRecord } from '@kaito-ts/preset-catalog';
import type { Planned } from './cause.ts';
import type { ConfigObservation } from './observation.ts';
import { conditionReasons, dataKeys, issueCodes, parseInferenceConfig } from '@kaito-ts/api-types';
import { readFlag } from '@kaito-ts/preset-catalog';
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
  if (config.state === 'keyless') {
    return refused({
      reason: conditionReasons.ConfigKeyMissing,
      object: `ConfigMap/${name}`,
      cause: `it has no key ${dataKeys.inferenceConfig}`,
      nextStep: 'put the settings under this key; the Workspace follows by itself',
    });
  }
  const parsed = parseInferenceConfig(content);
  if (!parsed.ok) {
    const errors = parsed.issues.filter(({ severity }) => severity === 'error');
    const readable = errors[0]?.code !== issueCodes.yamlSyntax;
    return invalid(
      name,
      errors,
      readable ? conditionReasons.ConfigInvalid : conditionReasons.ConfigUnreadable,
    );
  }
  const section = runtime.engine as 'vllm' | 'transformers' | 'llamacpp';
  const settings = parsed.value[section] ?? {};
  const faults = Object.entries(settings).flatMap(([flag, value]) => {
    const message = faultOf(flag, value, runtime);
    if (message === undefined) return [];
    return [{ path: `${section}.${flag}`, message, ...parsed.value.positionOf([section, flag]) }];
  });
  return faults.length > 0 ? invalid(name, faults) : planned({ name, content, settings });
}

function invalid(
  name: string,
  faults: readonly Fault[],
  reason: string = conditionReasons.ConfigInvalid,
): Planned<never> {
  const [first] = faults;
  const where =
    first?.line === undefined ? '' : `:${first.line}${first.column === undefined ? '' : `:${first.column}`}`;
  const what = [first?.path, first?.message].filter((part) => part !== undefined && part !== '').join(': ');
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
  return refused({
    reason,
    object: `ConfigMap/${name}`,
    cause: `${dataKeys.inferenceConfig}${where}: ${what}${more}`,
    nextStep: 'correct the ConfigMap; the Workspace follows by itself',
  });
}

/** A flag that a release dropped is no fault: the launcher leaves it out with a warning. */
function faultOf(name: string, value: unknown, runtime: RuntimeRecord): string | undefined {
  const reading = readFlag(runtime, name, value);
  return reading.kind === 'problem' ? reading.problem : undefined;
}
