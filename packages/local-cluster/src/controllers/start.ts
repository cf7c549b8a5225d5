import type { Objects } from '../api/objects.ts';
import { selectorOf } from '../api/selectors.ts';
import { fieldsAt } from '../json.ts';
import { controllerOf } from '../objects.ts';
import type { Change } from '../storage/store.ts';
import { Actor, keyOfObject } from './actor.ts';
import { reconcileDefinition } from './definitions.ts';
import { reconcileDeployment } from './deployment.ts';
import { reconcileEndpoints } from './endpoints.ts';
import { expireEvent } from './events.ts';
import { collectGarbage } from './garbage-collector.ts';
import { reconcileJob } from './job.ts';
import { Loop } from './loop.ts';
import { reconcileNamespace } from './namespaces.ts';
import { reconcileNode } from './nodes.ts';
import { reconcileReplicaSet } from './replica-set.ts';
import { isPending, pendingPods, schedule } from './scheduler.ts';
import type { Pod } from './shapes.ts';
import { reconcileStatefulSet } from './stateful-set.ts';

/** The keys that a change of an object makes worth a look. */
type Keys = (change: Change, actor: Actor) => readonly string[];
type Controller = (actor: Actor, key: string) => number | undefined;

const self: Keys = ({ object }) => [keyOfObject(object)];
const ownedBy =
  (kind: string): Keys =>
  ({ object }) => {
    const owner = controllerOf(object);
    return owner?.kind === kind ? [`${object.metadata.namespace}/${owner.name}`] : [];
  };
/** A Recreate rollout waits for the last old pod, which no ReplicaSet status tells. */
const deploymentOfGonePod: Keys = ({ object, type }, { objects }) => {
  const owner = type === 'DELETED' ? controllerOf(object) : undefined;
  const set = owner && objects.store.byUid(owner.uid)?.object;
  const deployment = set && controllerOf(set);
  return deployment ? [`${object.metadata.namespace}/${deployment.name}`] : [];
};
const servicesOfPod: Keys = ({ object, previous }, actor) =>
  actor
    .list('services', object.metadata.namespace)
    .filter((service) => {
      const selects = selectorOf({ matchLabels: fieldsAt(service, 'spec', 'selector') });
      return [object, previous].some((pod) => selects(pod?.metadata.labels ?? {}));
    })
    .map(keyOfObject);
const selfAndDependents: Keys = ({ object, type }, { objects }) => {
  const { uid } = object.metadata;
  const dependents = type === 'DELETED' ? objects.store.dependentsOf(uid) : [];
  return [uid, ...dependents.map((found) => found.object.metadata.uid)];
};
const pending: Keys = ({ object, type }, actor) => {
  const isOne = type !== 'DELETED' && isPending(object as Pod);
  return isOne ? [keyOfObject(object)] : pendingPods(actor);
};
const nodeOfLease: Keys = ({ object: { metadata } }) =>
  metadata.namespace === 'kube-node-lease' ? [`/${metadata.name}`] : [];

/** All controllers: the name they write under, what they do, and what they hear. */
const controllers: readonly (readonly [string, Controller, Readonly<Record<string, Keys>>])[] = [
  ['crd-controller', reconcileDefinition, { 'customresourcedefinitions.apiextensions.k8s.io': self }],
  ['namespace-controller', reconcileNamespace, { namespaces: self }],
  ['garbage-collector', collectGarbage, { '*': selfAndDependents }],
  ['event-controller', expireEvent, { events: self }],
  [
    'deployment-controller',
    reconcileDeployment,
    {
      'deployments.apps': self,
      'replicasets.apps': ownedBy('Deployment'),
      pods: deploymentOfGonePod,
    },
  ],
  ['replicaset-controller', reconcileReplicaSet, { 'replicasets.apps': self, pods: ownedBy('ReplicaSet') }],
  [
    'statefulset-controller',
    reconcileStatefulSet,
    { 'statefulsets.apps': self, pods: ownedBy('StatefulSet') },
  ],
  ['job-controller', reconcileJob, { 'jobs.batch': self, pods: ownedBy('Job') }],
  ['endpoint-controller', reconcileEndpoints, { services: self, pods: servicesOfPod }],
  ['default-scheduler', schedule, { pods: pending, nodes: (_change, actor) => pendingPods(actor) }],
  ['node-controller', reconcileNode, { nodes: self, 'leases.coordination.k8s.io': nodeOfLease }],
];

interface Start {
  readonly objects: Objects;
  readonly report: (error: unknown) => void;
}

/** Starts the controllers; returns how to stop them. */
export function startControllers({ objects, report }: Start): () => void {
  const running = controllers.map(([manager, reconcile, hears]) => {
    const actor = new Actor(objects, manager);
    return { actor, hears, loop: new Loop((key) => reconcile(actor, key), report) };
  });
  const hear = (resource: string, change: Change): void => {
    for (const { actor, hears, loop } of running)
      for (const key of (hears[resource] ?? hears['*'])?.(change, actor) ?? []) loop.enqueue(key);
  };
  for (const { resource, object } of Array.from(objects.store.everything()))
    hear(resource, { type: 'ADDED', object, previous: undefined, revision: objects.store.revision });
  const unsubscribe = objects.store.subscribe(hear);
  return () => {
    unsubscribe();
    for (const { loop } of running) loop.stop();
  };
}
