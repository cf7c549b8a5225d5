import type { Actor } from './actor.ts';
import { isReady, withCondition } from './pods.ts';
import type { Lease, Node, Pod } from './shapes.ts';

const silenceMilliseconds = 40_000;

/** A node that falls silent becomes Unknown and its pods not ready; a deleted one takes its pods along. */
export function reconcileNode(actor: Actor, key: string): number | undefined {
  const name = key.slice(1);
  const node = actor.get<Node>('nodes', key);
  const podsHere = (): Pod[] => actor.list<Pod>('pods').filter(({ spec }) => spec.nodeName === name);
  if (!node) {
    for (const pod of podsHere()) actor.remove('pods', pod, { gracePeriodSeconds: 0 });
    return undefined;
  }
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
  const wait = lastSign(actor, node) + silenceMilliseconds - actor.now;
  if (ready?.status === 'True' && wait > 0) return wait + 1;
  if (ready?.status === 'True') {
    const next = {
      ...ready,
      status: 'Unknown',
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
    };
    const conditions = withCondition(node.status?.conditions, next, actor.time);
    actor.status('nodes', node, { ...node.status, conditions });
    actor.event(node, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
  }
  for (const pod of podsHere().filter(isReady)) {
    const next = { type: 'Ready', status: 'False', reason: 'NodeNotReady', message: 'its node is not ready' };
    const conditions = withCondition(pod.status.conditions, next, actor.time);
    actor.status('pods', pod, { ...pod.status, conditions });
  }
  return undefined;
}

/** When a node last showed that it lives: by its lease, its status, or by being made. */
function lastSign(actor: Actor, { metadata, status }: Node): number {
  const lease = actor.get<Lease>('leases.coordination.k8s.io', `kube-node-lease/${metadata.name}`);
  const heartbeat = status?.conditions?.find(({ type }) => type === 'Ready')?.lastHeartbeatTime;
  const times = [lease?.spec?.renewTime, heartbeat, metadata.creationTimestamp];
  return Math.max(...times.flatMap((time) => (time ? [Date.parse(time)] : [])));
}
