import { ConfigurationError } from './configuration-error.ts';
import { readField, readResourceField, type DownwardFacts } from './downward.ts';
import { expandVariables } from './expansion.ts';
import type { Container, EnvironmentVariable, KeyReference, Pod } from './pod.ts';

/** Text values of ConfigMaps and Secrets (decoded), as read just before the container starts. */
interface ConfigurationObjects {
  configMap(name: string): Readonly<Record<string, string>> | undefined;
  secret(name: string): Readonly<Record<string, string>> | undefined;
}

export interface EnvironmentInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly objects: ConfigurationObjects;
  readonly facts: DownwardFacts;
}

export interface ConfigurationReference {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly name: string;
}

/** The objects that must be read before `containerEnvironment` can answer. */
export function environmentReferences(container: Container): readonly ConfigurationReference[] {
  const references: ConfigurationReference[] = [];
  const add = (kind: ConfigurationReference['kind'], name: string | undefined): void => {
    if (name !== undefined) references.push({ kind, name });
  };
  for (const { configMapRef, secretRef } of container.envFrom ?? []) {
    add('ConfigMap', configMapRef?.name);
    add('Secret', secretRef?.name);
  }
  for (const { valueFrom } of container.env ?? []) {
    add('ConfigMap', valueFrom?.configMapKeyRef?.name);
    add('Secret', valueFrom?.secretKeyRef?.name);
  }
  return references;
}

/**
 * What the container asks for, in order: `envFrom`, then `env`, each value seeing those before it as `$(NAME)`. Throws
 * ConfigurationError when something that is not optional is missing.
 */
export function containerEnvironment(input: EnvironmentInput): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const { prefix = '', configMapRef, secretRef } of input.container.envFrom ?? []) {
    const values = {
      ...wholeObject('ConfigMap', configMapRef, input),
      ...wholeObject('Secret', secretRef, input),
    };
    for (const [key, value] of Object.entries(values)) variables.set(prefix + key, value);
  }
  for (const variable of input.container.env ?? []) {
    const value = variableValue(variable, input, variables);
    if (value !== undefined) variables.set(variable.name, value);
  }
  return variables;
}

function variableValue(
  { value, valueFrom }: EnvironmentVariable,
  { pod, container, objects, facts }: EnvironmentInput,
  before: ReadonlyMap<string, string>,
): string | undefined {
  if (valueFrom?.fieldRef) return readField(valueFrom.fieldRef, pod, facts);
  if (valueFrom?.resourceFieldRef) {
    return readResourceField(valueFrom.resourceFieldRef, { pod, containerName: container.name, facts });
  }
  const namespace = pod.metadata.namespace ?? 'default';
  if (valueFrom?.configMapKeyRef) {
    const reference = valueFrom.configMapKeyRef;
    return keyValue({ kind: 'ConfigMap', reference, namespace }, objects.configMap(reference.name));
  }
  if (valueFrom?.secretKeyRef) {
    const reference = valueFrom.secretKeyRef;
    return keyValue({ kind: 'Secret', reference, namespace }, objects.secret(reference.name));
  }
  return expandVariables(value ?? '', before);
}

function keyValue(
  {
    kind,
    reference,
    namespace,
  }: { readonly kind: 'ConfigMap' | 'Secret'; readonly reference: KeyReference; readonly namespace: string },
  values: Readonly<Record<string, string>> | undefined,
): string | undefined {
  const value = values?.[reference.key];
  if (value !== undefined || reference.optional === true) return value;
  if (values === undefined) throw notFound(kind, reference.name);
  const message = `couldn't find key ${reference.key} in ${kind} ${namespace}/${reference.name}`;
  throw new ConfigurationError('CreateContainerConfigError', message);
}

function wholeObject(
  kind: 'ConfigMap' | 'Secret',
  reference: { readonly name: string; readonly optional?: boolean | undefined } | undefined,
  { objects }: EnvironmentInput,
): Readonly<Record<string, string>> {
  if (reference === undefined) return {};
  const values = kind === 'ConfigMap' ? objects.configMap(reference.name) : objects.secret(reference.name);
  if (values === undefined && reference.optional !== true) throw notFound(kind, reference.name);
  return values ?? {};
}

function notFound(kind: 'ConfigMap' | 'Secret', name: string): ConfigurationError {
  return new ConfigurationError(
    'CreateContainerConfigError',
    `${kind.toLowerCase()} ${JSON.stringify(name)} not found`,
  );
}
