import type { Actor } from './actor.ts';
import { isReady, withCondition } from './pods.ts';
import type { Node, Pod, Taint } from './shapes.ts';

const silenceMilliseconds = 40_000;
const unreachable = 'node.kubernetes.io/unreachable';
const notReady = 'node.kubernetes.io/not-ready';
const unschedulable = 'node.kubernetes.io/unschedulable';
const ours = new Set([unreachable, notReady, unschedulable]);

/** Watches over nodes: one that falls silent becomes Unknown, its pods not ready, and in the end they go. */
export class NodeLifecycle {
  readonly #heardAt = new Map<string, number>();
  readonly #actor: Actor;

  constructor(actor: Actor) {
    this.#actor = actor;
  }

  /** A lease renewed, or a status written by the node itself. */
  heard(name: string): void {
    this.#heardAt.set(name, this.#actor.now);
  }

  reconcile(key: string): number | undefined {
    const actor = this.#actor;
    const name = key.slice(1);
    const node = actor.get<Node>('nodes', key);
    if (!node) {
      for (const pod of this.#podsOn(name)) actor.remove('pods', pod, { gracePeriodSeconds: 0 });
      this.#heardAt.delete(name);
      return undefined;
    }
    const heardAt = this.#heardAt.get(name) ?? actor.now;
    this.#heardAt.set(name, heardAt);
    const silentFor = actor.now - heardAt;
    const isSilent = silentFor >= silenceMilliseconds;
    if (isSilent) this.#markUnknown(node);
    const live = actor.get<Node>('nodes', key) ?? node;
    const ready = live.status?.conditions?.find(({ type }) => type === 'Ready')?.status;
    this.#taint(live, ready);
    if (ready === 'True') return silenceMilliseconds - silentFor + 100;
    for (const pod of this.#podsOn(name)) this.#markNotReady(pod);
    return Math.min(this.#evict(live), isSilent ? 60_000 : silenceMilliseconds - silentFor + 100);
  }

  #podsOn(node: string): Pod[] {
    return this.#actor.list<Pod>('pods').filter((pod) => pod.spec.nodeName === node);
  }

  #markUnknown(node: Node): void {
    const conditions = node.status?.conditions ?? [];
    const known = conditions.find(({ type }) => type === 'Ready');
    if (!known || known.status === 'Unknown') return;
    const next = {
      ...known,
      status: 'Unknown',
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
    };
    this.#actor.status('nodes', node, {
      ...node.status,
      conditions: withCondition(conditions, next, this.#actor.time),
    });
    this.#actor.event(
      node,
      'Normal',
      'NodeNotReady',
      `Node ${node.metadata.name} status is now: NodeNotReady`,
    );
  }

  #taint(node: Node, ready: string | undefined): void {
    const condition = ready === 'True' ? undefined : ready === 'Unknown' ? unreachable : notReady;
    const wanted: Taint[] = [
      ...(condition ? ['NoSchedule', 'NoExecute'].map((effect) => ({ key: condition, effect })) : []),
      ...(node.spec?.unschedulable ? [{ key: unschedulable, effect: 'NoSchedule' }] : []),
    ];
    const taints = node.spec?.taints ?? [];
    const present = taints.filter(({ key }) => ours.has(key));
    if (
      present.length === wanted.length &&
      wanted.every((taint) => present.some((other) => same(taint, other)))
    )
      return;
    const timeAdded = this.#actor.time;
    const kept = wanted.map(
      (taint) => present.find((other) => same(taint, other)) ?? Object.assign({ timeAdded }, taint),
    );
    const next = [...taints.filter(({ key }) => !ours.has(key)), ...kept];
    const { taints: _old, ...rest } = node.spec ?? {};
    this.#actor.update('nodes', node, {
      spec: next.length > 0 ? { ...rest, taints: next } : rest,
    });
  }

  #markNotReady(pod: Pod): void {
    if (!isReady(pod)) return;
    const next = {
      type: 'Ready',
      status: 'False',
      reason: 'NodeNotReady',
      message: 'the node of this pod is not ready',
    };
    const conditions = withCondition(pod.status.conditions, next, this.#actor.time);
    this.#actor.status('pods', pod, { ...pod.status, conditions });
  }

  /** Deletes pods whose toleration of the node's state has run out; milliseconds until the next one. */
  #evict(node: Node): number {
    const taint = node.spec?.taints?.find(({ key, effect }) => effect === 'NoExecute' && ours.has(key));
    let next = 60_000;
    for (const pod of taint ? this.#podsOn(node.metadata.name) : []) {
      if (pod.metadata.deletionTimestamp) continue;
      const tolerations = (pod.spec.tolerations ?? []).filter(
        ({ key }) => key === undefined || key === taint?.key,
      );
      if (tolerations.some(({ tolerationSeconds }) => tolerationSeconds === undefined)) continue;
      const seconds =
        tolerations.length > 0
          ? Math.min(...tolerations.map(({ tolerationSeconds = 0 }) => tolerationSeconds))
          : 0;
      const wait = Date.parse(taint?.timeAdded ?? this.#actor.time) + seconds * 1000 - this.#actor.now;
      if (wait > 0) next = Math.min(next, wait);
      else this.#actor.remove('pods', pod);
    }
    return next;
  }
}

function same(a: Taint, b: Taint): boolean {
  return a.key === b.key && a.effect === b.effect;
}
