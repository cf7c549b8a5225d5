import type { Workspace } from '@kaito-ts/api-types';
import type { ModelRecord } from '@kaito-ts/preset-catalog';
import type { EnvironmentVariable } from './kubernetes.ts';
import type { JsonValue, PresetServing, ServingShape } from './input.ts';
import { drainSeconds, headlessServiceName, paths, servingPort } from './layout.ts';

const tokenKey = 'HF_TOKEN';
const defaultStrength = '1.0';

export interface EnvironmentInput {
  readonly workspace: Workspace;
  readonly serving: PresetServing;
  readonly shape: ServingShape;
}

/** The launcher's whole interface: every path is a whole value, so that a node agent can translate it. */
export function launcherEnvironment({ workspace, serving, shape }: EnvironmentInput): EnvironmentVariable[] {
  const { model, runtime, config } = serving;
  const variables: (EnvironmentVariable | undefined)[] = [
    literal('KAITO_ENGINE', runtime.engine),
    literal('KAITO_ENGINE_VERSION', runtime.version),
    literal('KAITO_MODEL_NAME', servedModelName(model)),
    literal('KAITO_MODEL', modelLocation(model)),
    model.source.kind === 'huggingface' && model.source.revision !== undefined
      ? literal('KAITO_MODEL_REVISION', model.source.revision)
      : undefined,
    literal('KAITO_WEIGHTS_DIRECTORY', paths.weights),
    literal('KAITO_ADAPTERS_DIRECTORY', paths.adapters),
    literal('KAITO_ADAPTERS', JSON.stringify(adapterStrengths(workspace))),
    config === undefined ? undefined : literal('KAITO_CONFIG_FILE', paths.configFile),
    literal('KAITO_WORK_DIRECTORY', paths.work),
    field('KAITO_LISTEN_ADDRESS', 'status.podIP'),
    literal('KAITO_PORT', String(servingPort)),
    literal('KAITO_ENGINE_ARGUMENTS', JSON.stringify(sorted(serving.engineArguments))),
    literal('KAITO_TERMINATION_LOG', paths.terminationLog),
    literal('KAITO_TERMINATION_GRACE_SECONDS', String(drainSeconds)),
    field('KAITO_REVISION', "metadata.annotations['kaito.sh/revision']"),
    field('KAITO_POD_NAME', 'metadata.name'),
    field('KAITO_NAMESPACE', 'metadata.namespace'),
    ...groupVariables(workspace, shape),
    tokenVariable(workspace),
    literal('HOME', paths.work),
    // Python's getpass looks here before the password file, where an arbitrary user id has no entry.
    literal('USER', 'kaito'),
  ];
  return variables.filter((variable) => variable !== undefined);
}

/** The name that clients ask for: the record's name without its organisation. */
export function servedModelName(model: ModelRecord): string {
  return model.name.slice(model.name.lastIndexOf('/') + 1);
}

export function modelLocation({ source }: ModelRecord): string {
  if (source.kind === 'huggingface') return source.repository;
  if (source.kind === 'image') return paths.copiedModel;
  const inside = source.path?.replace(/^\/+|\/+$/g, '') ?? '';
  return inside === '' ? paths.weights : `${paths.weights}/${inside}`;
}

function adapterStrengths(workspace: Workspace): readonly { name: string; strength: string }[] {
  return (workspace.inference?.adapters ?? []).map(({ source, strength }) => ({
    name: source?.name ?? '',
    strength: strength ?? defaultStrength,
  }));
}

/** Several pods that serve one model find each other by the headless Service's names. */
function groupVariables({ metadata }: Workspace, shape: ServingShape): readonly EnvironmentVariable[] {
  if (shape.nodeCount < 2) return [];
  return [
    literal('KAITO_GROUP_SIZE', String(shape.nodeCount)),
    field('KAITO_GROUP_INDEX', "metadata.labels['apps.kubernetes.io/pod-index']"),
    literal('KAITO_LEADER_ADDRESS', `${metadata.name}-0.${headlessServiceName(metadata.name)}`),
  ];
}

function tokenVariable({ inference }: Workspace): EnvironmentVariable | undefined {
  const secret = inference?.preset?.presetOptions?.modelAccessSecret;
  if (!secret) return undefined;
  return { name: tokenKey, valueFrom: { secretKeyRef: { name: secret, key: tokenKey, optional: true } } };
}

function literal(name: string, value: string): EnvironmentVariable {
  return { name, value };
}

function field(name: string, fieldPath: string): EnvironmentVariable {
  return { name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } };
}

function sorted(values: Readonly<Record<string, JsonValue>>): Readonly<Record<string, JsonValue>> {
  return Object.fromEntries(Object.entries(values).sort(([left], [right]) => (left < right ? -1 : 1)));
}
