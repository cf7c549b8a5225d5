import type { Objects } from '../api/objects.ts';
import { fieldsAt } from '../json.ts';
import { controllerOf } from '../objects.ts';
import type { Change } from '../storage/store.ts';
import { Actor, keyOfObject } from './actor.ts';
import { reconcileDefinition } from './definitions.ts';
import { reconcileDeployment } from './deployment.ts';
import { reconcileEndpoints } from './endpoints.ts';
import { createEventRecorder } from './events.ts';
import { collectGarbage } from './garbage-collector.ts';
import { reconcileJob } from './job.ts';
import { Loop, type Reconcile } from './loop.ts';
import { reconcileNamespace } from './namespaces.ts';
import { NodeLifecycle } from './nodes.ts';
import { reconcileReplicaSet } from './replica-set.ts';
import { Scheduler } from './scheduler.ts';
import { reconcileStatefulSet } from './stateful-set.ts';

interface Start {
  readonly objects: Objects;
  readonly report: (error: unknown) => void;
}

type Keys = (change: Change) => Iterable<string>;

const self: Keys = ({ object }) => [keyOfObject(object)];
const ownedBy =
  (kind: string): Keys =>
  ({ object }) => {
    const owner = controllerOf(object);
    return owner?.kind === kind ? [`${object.metadata.namespace ?? ''}/${owner.name}`] : [];
  };

/** All controllers: what each hears, and what it then looks at. Returns how to stop them. */
export function startControllers({ objects, report }: Start): () => void {
  const events = createEventRecorder(objects);
  const act = (manager: string): Actor => new Actor(objects, manager, events.record);
  const scheduler = new Scheduler(act('default-scheduler'));
  const nodes = new NodeLifecycle(act('node-controller'));
  const heard: Keys = ({ object }) => {
    const { namespace, name } = object.metadata;
    if (namespace !== 'kube-node-lease') return [];
    nodes.heard(name);
    return [];
  };
  const nodeSelf: Keys = ({ object, previous }) => {
    if (heartbeat(object) !== heartbeat(previous)) nodes.heard(object.metadata.name);
    return [`/${object.metadata.name}`];
  };
  const servicesOfPod: Keys = ({ object, previous }) => {
    const labels = [object, previous].map((pod) => pod?.metadata.labels ?? {});
    return Array.from(objects.store.collection('services').list(object.metadata.namespace))
      .filter((service) => labels.some((given) => selects(service, given)))
      .map(keyOfObject);
  };
  const related: Keys = ({ object, type }) => {
    const dependents =
      type === 'DELETED'
        ? objects.store.dependentsOf(object.metadata.uid).map((found) => found.object.metadata.uid)
        : [];
    return [
      object.metadata.uid,
      ...dependents,
      ...(object.metadata.ownerReferences ?? []).map(({ uid }) => uid),
    ];
  };

  const withActor = (
    manager: string,
    reconcile: (actor: Actor, key: string) => number | undefined,
  ): Reconcile => {
    const actor = act(manager);
    return (key) => reconcile(actor, key);
  };
  const table: readonly { readonly reconcile: Reconcile; readonly hears: Readonly<Record<string, Keys>> }[] =
    [
      {
        reconcile: withActor('crd-controller', reconcileDefinition),
        hears: { 'customresourcedefinitions.apiextensions.k8s.io': self },
      },
      { reconcile: withActor('namespace-controller', reconcileNamespace), hears: { namespaces: self } },
      { reconcile: withActor('garbage-collector', collectGarbage), hears: { '*': related } },
      {
        reconcile: withActor('deployment-controller', reconcileDeployment),
        hears: {
          'deployments.apps': self,
          'replicasets.apps': ownedBy('Deployment'),
          pods: deploymentOfPod(objects),
        },
      },
      {
        reconcile: withActor('replicaset-controller', reconcileReplicaSet),
        hears: { 'replicasets.apps': self, pods: ownedBy('ReplicaSet') },
      },
      {
        reconcile: withActor('statefulset-controller', reconcileStatefulSet),
        hears: { 'statefulsets.apps': self, pods: ownedBy('StatefulSet') },
      },
      {
        reconcile: withActor('job-controller', reconcileJob),
        hears: { 'jobs.batch': self, pods: ownedBy('Job') },
      },
      {
        reconcile: withActor('endpoint-controller', reconcileEndpoints),
        hears: { services: self, pods: servicesOfPod },
      },
      {
        reconcile: (key) => scheduler.reconcile(key),
        hears: {
          pods: (change) => scheduler.podChanged(change),
          nodes: (change) => scheduler.nodeChanged(change),
        },
      },
      {
        reconcile: (key) => nodes.reconcile(key),
        hears: { nodes: nodeSelf, 'leases.coordination.k8s.io': heard },
      },
    ];

  const hearing = new Map<string, { readonly keys: Keys; readonly loop: Loop }[]>();
  const loops = table.map(({ reconcile, hears }) => {
    const loop = new Loop(reconcile, report);
    for (const [resource, keys] of Object.entries(hears))
      hearing.set(resource, [...(hearing.get(resource) ?? []), { keys, loop }]);
    return loop;
  });
  const hear = (resource: string, change: Change): void => {
    for (const { keys, loop } of (hearing.get(resource) ?? []).concat(hearing.get('*') ?? []))
      for (const key of keys(change)) loop.enqueue(key);
  };
  for (const { resource, object } of Array.from(objects.store.everything()))
    hear(resource, { type: 'ADDED', object, previous: undefined, revision: objects.store.revision });
  const unsubscribe = objects.store.subscribe(hear);
  return () => {
    unsubscribe();
    events.stop();
    for (const loop of loops) loop.stop();
  };
}

function selects(service: unknown, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(fieldsAt(service, 'spec', 'selector')).every(([key, value]) => labels[key] === value);
}

function heartbeat(node: unknown): string {
  const conditions =
    (node as { status?: { conditions?: { lastHeartbeatTime?: string }[] } } | undefined)?.status
      ?.conditions ?? [];
  return conditions.map(({ lastHeartbeatTime = '' }) => lastHeartbeatTime).join();
}

/** A Recreate rollout waits for the last old pod, which no ReplicaSet status tells. */
function deploymentOfPod(objects: Objects): Keys {
  return ({ object, type }) => {
    const owner = type === 'DELETED' ? controllerOf(object) : undefined;
    const set = owner && objects.store.byUid(owner.uid)?.object;
    const deployment = set && controllerOf(set);
    return deployment ? [`${object.metadata.namespace ?? ''}/${deployment.name}`] : [];
  };
}
