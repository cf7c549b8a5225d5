import { parseQuantity } from '@kaito-ts/kube-runtime';
import { ConfigurationError } from './configuration-error.ts';
import type { FieldReference, Pod, ResourceFieldReference } from './pod.ts';

/** What the downward API tells beyond the Pod object itself. */
export interface DownwardFacts {
  readonly hostIP: string;
  readonly podIP: string;
  /** Stands in for a limit that the container does not set. */
  readonly allocatable: Readonly<Record<string, string>>;
}

/** `parseQuantity` counts in billionths. */
const one = 1_000_000_000n;

type FieldReader = (pod: Pod, facts: DownwardFacts) => string;

const fields: Readonly<Record<string, FieldReader>> = {
  'metadata.name': ({ metadata }) => metadata.name,
  'metadata.namespace': ({ metadata }) => metadata.namespace ?? 'default',
  'metadata.uid': ({ metadata }) => metadata.uid ?? '',
  'metadata.labels': ({ metadata }) => formatMap(metadata.labels),
  'metadata.annotations': ({ metadata }) => formatMap(metadata.annotations),
  'spec.nodeName': ({ spec }) => spec.nodeName ?? '',
  'spec.serviceAccountName': ({ spec }) => spec.serviceAccountName ?? 'default',
  'status.hostIP': (_pod, { hostIP }) => hostIP,
  'status.hostIPs': (_pod, { hostIP }) => hostIP,
  'status.podIP': (_pod, { podIP }) => podIP,
  'status.podIPs': (_pod, { podIP }) => podIP,
};

export function readField({ fieldPath }: FieldReference, pod: Pod, facts: DownwardFacts): string {
  const subscript = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(fieldPath);
  if (subscript !== null) {
    const [, map, key = ''] = subscript;
    return (map === 'labels' ? pod.metadata.labels : pod.metadata.annotations)?.[key] ?? '';
  }
  const read = fields[fieldPath];
  if (read !== undefined) return read(pod, facts);
  throw new ConfigurationError('CreateContainerConfigError', `field label not supported: ${fieldPath}`);
}

export function readResourceField(
  reference: ResourceFieldReference,
  {
    pod,
    containerName,
    facts,
  }: { readonly pod: Pod; readonly containerName?: string; readonly facts: DownwardFacts },
): string {
  const name = reference.containerName ?? containerName;
  const container = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].find(
    (each) => each.name === name,
  );
  const [bound, resource = ''] = reference.resource.split(/\.(.*)/s);
  if (container === undefined || (bound !== 'limits' && bound !== 'requests')) {
    const message = `cannot read resource ${reference.resource} of container ${String(name)}`;
    throw new ConfigurationError('CreateContainerConfigError', message);
  }
  const { limits, requests } = container.resources ?? {};
  const quantity =
    bound === 'limits' ? (limits?.[resource] ?? facts.allocatable[resource]) : requests?.[resource];
  const value = parseQuantity(quantity ?? 0) ?? 0n;
  const wanted = parseQuantity(reference.divisor ?? 1) ?? 0n;
  const divisor = wanted > 0n ? wanted : one;
  return String((value + divisor - 1n) / divisor);
}

function formatMap(map: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(map ?? {})
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort()
    .join('\n');
}
