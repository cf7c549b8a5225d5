import { selectorOf } from '../api/selectors.ts';
import { fieldsAt, isFields, listAt, textAt, valueAt, type Fields } from '../json.ts';
import { ownerReference, type KubeObject } from '../objects.ts';
import type { Actor } from './actor.ts';
import { isFinished, isReady, isTerminating } from './pods.ts';
import type { Pod } from './shapes.ts';

const slices = 'endpointslices.discovery.k8s.io';

/** Keeps Endpoints and one EndpointSlice in step with the pods that a Service selects. */
export function reconcileEndpoints(actor: Actor, key: string): undefined {
  const service = actor.get('services', key);
  if (!service || service.metadata.deletionTimestamp) {
    const endpoints = service ? undefined : actor.get('endpoints', key);
    if (endpoints) actor.remove('endpoints', endpoints);
    return;
  }
  const matchLabels = fieldsAt(service, 'spec', 'selector');
  if (Object.keys(matchLabels).length === 0) return;
  const test = selectorOf({ matchLabels });
  const pods = actor
    .list<Pod>('pods', service.metadata.namespace)
    .filter((pod) => pod.status.podIP && !isFinished(pod) && test(pod.metadata.labels ?? {}))
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const facts = {
    actor,
    service,
    takesUnready: valueAt(service, 'spec', 'publishNotReadyAddresses') === true,
  };
  writeEndpoints(facts, pods);
  writeSlice(facts, pods);
}

interface Facts {
  readonly actor: Actor;
  readonly service: KubeObject;
  readonly takesUnready: boolean;
}

function target(pod: Pod): Fields {
  const { name, namespace, uid } = pod.metadata;
  return { nodeName: pod.spec.nodeName, targetRef: { kind: 'Pod', namespace, name, uid } };
}

/** The service's ports as this pod has them; a named target port is looked up in its containers. */
function portsOf(service: KubeObject, pod: Pod | undefined): Fields[] {
  return listAt(service, 'spec', 'ports').flatMap((port): Fields[] => {
    const wanted = valueAt(port, 'targetPort') ?? valueAt(port, 'port');
    const named = pod?.spec.containers.flatMap(({ ports = [] }) => ports).find(({ name }) => name === wanted);
    const number = typeof wanted === 'number' ? wanted : named?.containerPort;
    if (number === undefined) return [];
    const name = textAt(port, 'name');
    return [{ ...(name ? { name } : {}), port: number, protocol: textAt(port, 'protocol') || 'TCP' }];
  });
}

function writeEndpoints({ actor, service, takesUnready }: Facts, pods: readonly Pod[]): void {
  const { name, namespace = '' } = service.metadata;
  const groups = new Map<string, { addresses: Fields[]; notReadyAddresses: Fields[]; ports: Fields[] }>();
  for (const pod of pods) {
    if (isTerminating(pod)) continue;
    const ports = portsOf(service, pod);
    const id = JSON.stringify(ports);
    const group = groups.get(id) ?? { addresses: [], notReadyAddresses: [], ports };
    groups.set(id, group);
    (isReady(pod) || takesUnready ? group.addresses : group.notReadyAddresses).push({
      ip: pod.status.podIP,
      ...target(pod),
    });
  }
  const subsets = [...groups.values()].map((group) =>
    Object.fromEntries(Object.entries(group).filter(([, list]) => list.length > 0)),
  );
  const labels = { ...service.metadata.labels, 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' };
  const live = actor.get('endpoints', `${namespace}/${name}`);
  if (!live)
    actor.create('endpoints', namespace, {
      metadata: { name, labels },
      ...(subsets.length > 0 ? { subsets } : {}),
    });
  else
    actor.update('endpoints', live, {
      metadata: { ...live.metadata, labels },
      subsets: subsets.length > 0 ? subsets : undefined,
    });
}

function writeSlice({ actor, service, takesUnready }: Facts, pods: readonly Pod[]): void {
  const { name, namespace = '' } = service.metadata;
  const endpoints = pods.map((pod) => {
    const serving = isReady(pod);
    const ready = takesUnready || (serving && !isTerminating(pod));
    return {
      addresses: [pod.status.podIP],
      conditions: { ready, serving, terminating: isTerminating(pod) },
      ...target(pod),
    };
  });
  const ports = portsOf(service, pods[0]).map((port) => Object.assign({ name: '' }, port));
  const [live] = actor.controlled(service, slices);
  if (live) {
    actor.update(slices, live, { endpoints, ports });
    return;
  }
  const labels = {
    ...(isFields(service.metadata.labels) ? service.metadata.labels : {}),
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    'kubernetes.io/service-name': name,
  };
  const metadata = { generateName: `${name}-`, labels, ownerReferences: [ownerReference(service)] };
  actor.create(slices, namespace, { metadata, addressType: 'IPv4', endpoints, ports });
}
