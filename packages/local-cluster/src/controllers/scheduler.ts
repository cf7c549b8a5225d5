import type { Actor } from './actor.ts';
import { byNode, obstacles, score } from './fit.ts';
import { isActive, setCondition } from './pods.ts';
import type { Node, Pod } from './shapes.ts';

const schedulerName = 'default-scheduler';
const scheduled = 'PodScheduled';

/** Gives a pod its node, or says why there is none. */
export function schedule(actor: Actor, pod: Pod): void {
  if (pod.spec.nodeName || pod.spec.schedulerName !== schedulerName || !isActive(pod)) return;
  const all = byNode(actor.list<Node>('nodes'), actor.list<Pod>('pods'));
  const reasons = all.map((occupied) => obstacles(pod, occupied, all));
  const fitting = all.filter((_, index) => reasons[index]?.length === 0);
  const [best] = fitting.sort((a, b) => score(pod, b) - score(pod, a));
  if (best) bind(actor, pod, best.node.metadata.name);
  else refuse(actor, pod, message(all.length, reasons.flat()));
}

function bind(actor: Actor, pod: Pod, nodeName: string): void {
  const { name, namespace } = pod.metadata;
  const bound = actor.update(pod, { spec: { ...pod.spec, nodeName } });
  setCondition(actor, bound, { type: scheduled, status: 'True' });
  actor.event(pod, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${nodeName}`);
}

function refuse(actor: Actor, pod: Pod, text: string): void {
  const known = pod.status.conditions?.find(({ type }) => type === scheduled);
  if (known?.message === text) return;
  setCondition(actor, pod, { type: scheduled, status: 'False', reason: 'Unschedulable', message: text });
  actor.event(pod, 'Warning', 'FailedScheduling', text);
}

function message(nodes: number, reasons: readonly string[]): string {
  if (nodes === 0) return 'no nodes available to schedule pods';
  const counts = Map.groupBy(reasons, (reason) => reason).entries();
  const parts = [...counts].map(([reason, { length }]) => `${length} ${reason}`).sort();
  return `0/${nodes} nodes are available: ${parts.join(', ')}.`;
}
