import { selectorOf } from '../api/selectors.ts';
import { fieldsAt, listAt, textAt, valueAt, type Fields } from '../json.ts';
import { ownerReference, type KubeObject } from '../objects.ts';
import type { Actor } from './actor.ts';
import { isFinished, isReady, isTerminating } from './pods.ts';
import type { Pod } from './shapes.ts';

const slices = 'endpointslices.discovery.k8s.io';

/** Keeps one EndpointSlice in step with the pods that a Service selects. */
export function reconcileEndpoints(actor: Actor, service: KubeObject): void {
  const matchLabels = fieldsAt(service, 'spec', 'selector');
  if (service.metadata.deletionTimestamp || Object.keys(matchLabels).length === 0) return;
  const { name, namespace = '', labels } = service.metadata;
  const isSelected = selectorOf({ matchLabels });
  const pods = actor
    .list<Pod>('pods', namespace)
    .filter((pod) => pod.status.podIP && !isFinished(pod) && isSelected(pod.metadata.labels))
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const takesUnready = valueAt(service, 'spec', 'publishNotReadyAddresses') === true;
  const endpoints = pods.map((pod) => endpointOf(pod, takesUnready));
  const ports = portsOf(service, pods[0]);
  const [live] = actor.controlled(service, slices);
  if (live) {
    actor.update(live, { endpoints, ports });
    return;
  }
  const own = {
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    'kubernetes.io/service-name': name,
  };
  const ownerReferences = [ownerReference(service)];
  const metadata = { generateName: `${name}-`, labels: { ...labels, ...own }, ownerReferences };
  actor.create(slices, namespace, { metadata, addressType: 'IPv4', endpoints, ports });
}

function endpointOf(pod: Pod, takesUnready: boolean): Fields {
  const { name, namespace, uid } = pod.metadata;
  const [serving, terminating] = [isReady(pod), isTerminating(pod)];
  return {
    addresses: [pod.status.podIP],
    conditions: { ready: takesUnready || (serving && !terminating), serving, terminating },
    nodeName: pod.spec.nodeName,
    targetRef: { kind: 'Pod', namespace, name, uid },
  };
}

/** The service's ports as its pods have them; a named target port is looked up in the first one's containers. */
function portsOf(service: KubeObject, pod: Pod | undefined): Fields[] {
  const known = pod?.spec.containers.flatMap(({ ports = [] }) => ports) ?? [];
  return listAt(service, 'spec', 'ports').flatMap((each) => {
    const wanted = valueAt(each, 'targetPort') ?? valueAt(each, 'port');
    const port = typeof wanted === 'number' ? wanted : known.find((p) => p.name === wanted)?.containerPort;
    return port ? [{ name: textAt(each, 'name'), port, protocol: textAt(each, 'protocol') }] : [];
  });
}
