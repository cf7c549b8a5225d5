import type { Actor } from './actor.ts';
import { isReady, setCondition } from './pods.ts';
import type { Lease, Node, Pod } from './shapes.ts';

const silenceMilliseconds = 40_000;

/** A node that falls silent becomes Unknown, and its pods not ready. */
export function reconcileNode(actor: Actor, node: Node): void {
  const { name } = node.metadata;
  if (isReady(node)) {
    if (actor.now - lastSign(actor, node) <= silenceMilliseconds) return;
    const message = 'Kubelet stopped posting node status.';
    const silent = { type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown', message };
    setCondition(actor, node, silent);
    actor.event(node, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
  }
  for (const pod of actor.list<Pod>('pods')) {
    if (pod.spec.nodeName !== name || !isReady(pod)) continue;
    const lost = { type: 'Ready', status: 'False', reason: 'NodeNotReady', message: 'its node is not ready' };
    setCondition(actor, pod, lost);
  }
}

/** When a node last showed that it lives: by its lease, its status, or by being made. */
function lastSign(actor: Actor, { metadata, status }: Node): number {
  const lease = actor.get<Lease>('leases.coordination.k8s.io', 'kube-node-lease', metadata.name);
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const times = [lease?.spec?.renewTime, ready?.lastHeartbeatTime, metadata.creationTimestamp];
  return Math.max(...times.flatMap((time) => (time ? [Date.parse(time)] : [])));
}
