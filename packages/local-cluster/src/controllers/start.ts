import type { Objects } from '../api/objects.ts';
import { Actor } from './actor.ts';
import { reconcileDefinition } from './definitions.ts';
import { reconcileDeployment } from './deployment.ts';
import { reconcileEndpoints } from './endpoints.ts';
import { collectOrphan, collectPodWithoutNode, expireEvent } from './garbage-collector.ts';
import { reconcileJob } from './job.ts';
import { reconcileNamespace } from './namespaces.ts';
import { reconcileNode } from './nodes.ts';
import { reconcileReplicaSet } from './replica-set.ts';
import { schedule } from './scheduler.ts';
import { reconcileStatefulSet } from './stateful-set.ts';

type Reconcile = (actor: Actor, object: never) => void;

/** All controllers, causes before effects: the name they write under, what they look at, what they do. */
const controllers: readonly (readonly [manager: string, resource: string, reconcile: Reconcile])[] = [
  ['crd-controller', 'customresourcedefinitions.apiextensions.k8s.io', reconcileDefinition],
  ['namespace-controller', 'namespaces', reconcileNamespace],
  ['node-controller', 'nodes', reconcileNode],
  ['pod-garbage-collector', 'pods', collectPodWithoutNode],
  ['deployment-controller', 'deployments.apps', reconcileDeployment],
  ['replicaset-controller', 'replicasets.apps', reconcileReplicaSet],
  ['statefulset-controller', 'statefulsets.apps', reconcileStatefulSet],
  ['job-controller', 'jobs.batch', reconcileJob],
  ['default-scheduler', 'pods', schedule],
  ['endpoint-controller', 'services', reconcileEndpoints],
  ['event-controller', 'events', expireEvent],
  ['garbage-collector', '*', collectOrphan],
];

/** Between rounds while nothing changes: for what only time brings about, and after a fault. */
const tickMilliseconds = 1000;

interface Start {
  readonly objects: Objects;
  readonly report: (error: unknown) => void;
}

/**
 * Starts the controllers; returns how to stop them. After any change each of them looks at all its objects again:
 * there are few, and nothing can be missed. Requests get their turn between two rounds.
 */
export function startControllers({ objects, report }: Start): () => void {
  const { store } = objects;
  let next: NodeJS.Immediate | undefined;
  const round = (): void => {
    next = undefined;
    for (const [manager, resource, reconcile] of controllers) {
      const actor = new Actor(objects, manager);
      const all = resource === '*' ? store.everything() : store.list(resource);
      for (const { metadata } of all) {
        // It may have changed or gone since the one before it was looked at.
        const current = store.byUid(metadata.uid)?.object;
        try {
          if (current) reconcile(actor, current as never);
        } catch (error) {
          report(error);
        }
      }
    }
  };
  const soon = (): void => {
    next ??= setImmediate(round);
  };
  const unsubscribe = store.subscribe(soon);
  const ticker = setInterval(soon, tickMilliseconds);
  soon();
  return () => {
    unsubscribe();
    clearInterval(ticker);
    clearImmediate(next);
  };
}
