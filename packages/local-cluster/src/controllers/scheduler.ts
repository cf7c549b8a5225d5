import { keyOfObject, type Actor } from './actor.ts';
import { byNode, obstacles, score } from './fit.ts';
import { isActive, withCondition } from './pods.ts';
import type { Node, Pod } from './shapes.ts';

const schedulerName = 'default-scheduler';

export function isPending(pod: Pod): boolean {
  return !pod.spec.nodeName && isActive(pod) && pod.spec.schedulerName === schedulerName;
}

/** The pods to look at again when something may fit now. */
export function pendingPods(actor: Actor): string[] {
  return actor.list<Pod>('pods').filter(isPending).map(keyOfObject);
}

/** Gives a pod its node, or says why there is none. */
export function schedule(actor: Actor, key: string): undefined {
  const pod = actor.get<Pod>('pods', key);
  if (!pod || !isPending(pod)) return;
  const nodes = actor.list<Node>('nodes');
  const occupants = byNode(nodes, actor.list<Pod>('pods'));
  const reasons = new Map<string, number>();
  let best: { readonly name: string; readonly points: number } | undefined;
  for (const occupied of occupants) {
    const why = obstacles(pod, occupied, occupants);
    for (const reason of why) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    const points = why.length === 0 ? score(pod, occupied) : -Infinity;
    if (points > (best?.points ?? -Infinity)) best = { name: occupied.node.metadata.name, points };
  }
  if (best) bind(actor, pod, best.name);
  else refuse(actor, pod, message(nodes.length, reasons));
}

function bind(actor: Actor, pod: Pod, nodeName: string): void {
  const bound = actor.update('pods', pod, { spec: { ...pod.spec, nodeName } });
  setScheduled(actor, bound, { status: 'True' });
  actor.event(pod, 'Normal', 'Scheduled', `Successfully assigned ${keyOfObject(pod)} to ${nodeName}`);
}

function refuse(actor: Actor, pod: Pod, text: string): void {
  const known = pod.status.conditions?.find(({ type }) => type === 'PodScheduled');
  if (known?.message === text) return;
  setScheduled(actor, pod, { status: 'False', reason: 'Unschedulable', message: text });
  actor.event(pod, 'Warning', 'FailedScheduling', text);
}

function setScheduled(
  actor: Actor,
  pod: Pod,
  state: { status: string; reason?: string; message?: string },
): void {
  const condition = { type: 'PodScheduled', lastProbeTime: null, ...state };
  const conditions = withCondition(pod.status.conditions, condition, actor.time);
  actor.status('pods', pod, { ...pod.status, conditions });
}

function message(nodes: number, reasons: ReadonlyMap<string, number>): string {
  if (nodes === 0) return 'no nodes available to schedule pods';
  const parts = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${nodes} nodes are available: ${parts.join(', ')}.`;
}
