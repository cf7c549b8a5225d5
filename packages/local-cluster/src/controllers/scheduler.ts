import { equal } from '../json.ts';
import type { Change } from '../storage/store.ts';
import { keyOfObject, type Actor } from './actor.ts';
import { obstacles, requestsOf, score, type Amounts } from './fit.ts';
import { isActive, isFinished, withCondition } from './pods.ts';
import type { Node, Pod } from './shapes.ts';

const schedulerName = 'default-scheduler';

/** Gives pods their nodes, and says why when there is none. */
export class Scheduler {
  readonly #actor: Actor;
  readonly #used = new Map<string, Amounts>();
  /** Pods that found no node; looked at again when something changes. */
  readonly #waiting = new Set<string>();

  constructor(actor: Actor) {
    this.#actor = actor;
  }

  /** Follows what nodes have given away; returns the pods to look at again. */
  podChanged({ object, previous, type }: Change): readonly string[] {
    const before = previous as Pod | undefined;
    const after = object as Pod;
    const isGone = type === 'DELETED';
    const held = before !== undefined && this.#holds(before);
    const holds = !isGone && this.#holds(after);
    if (held && !holds) this.#account(before, -1);
    if (!held && holds) this.#account(after, 1);
    if (held && !holds) return [...this.#waiting];
    if (isGone) this.#waiting.delete(keyOfObject(object));
    return !isGone && !after.spec.nodeName && isActive(after) ? [keyOfObject(object)] : [];
  }

  /** A heartbeat alone lets nothing new fit. */
  nodeChanged({ object, previous, type }: Change): readonly string[] {
    const after: Node = object;
    const before: Node | undefined = previous;
    const isSame =
      type === 'MODIFIED' &&
      equal(after.spec, before?.spec) &&
      equal(after.metadata.labels, before?.metadata.labels) &&
      equal(after.status?.allocatable, before?.status?.allocatable);
    return isSame ? [] : [...this.#waiting];
  }

  reconcile(key: string): undefined {
    const pod = this.#actor.get<Pod>('pods', key);
    if (
      !pod ||
      pod.spec.nodeName ||
      !isActive(pod) ||
      pod.spec.schedulerName !== schedulerName ||
      pod.spec.schedulingGates?.length
    ) {
      this.#waiting.delete(key);
      return;
    }
    const nodes = this.#actor.list<Node>('nodes');
    const reasons = new Map<string, number>();
    let best: { readonly node: Node; readonly score: number } | undefined;
    for (const node of nodes) {
      const used = this.#usedOn(node.metadata.name);
      const why = obstacles(pod, node, used);
      for (const reason of why) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      const points = why.length === 0 ? score(pod, node, used) : -Infinity;
      if (why.length === 0 && (!best || points > best.score)) best = { node, score: points };
    }
    if (best) this.#bind(pod, best.node.metadata.name, key);
    else this.#refuse(pod, message(nodes.length, reasons), key);
  }

  #bind(pod: Pod, nodeName: string, key: string): void {
    this.#waiting.delete(key);
    const bound = this.#actor.update('pods', pod, { spec: { ...pod.spec, nodeName } });
    const condition = { type: 'PodScheduled', status: 'True', lastProbeTime: null };
    this.#actor.status('pods', bound, {
      ...bound.status,
      conditions: withCondition(bound.status.conditions, condition, this.#actor.time),
    });
    this.#actor.event(pod, 'Normal', 'Scheduled', `Successfully assigned ${key} to ${nodeName}`);
  }

  #refuse(pod: Pod, text: string, key: string): void {
    this.#waiting.add(key);
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message: text,
      lastProbeTime: null,
    };
    const known = pod.status.conditions?.find(({ type }) => type === 'PodScheduled');
    if (known?.message === text) return;
    this.#actor.status('pods', pod, {
      ...pod.status,
      conditions: withCondition(pod.status.conditions, condition, this.#actor.time),
    });
    this.#actor.event(pod, 'Warning', 'FailedScheduling', text);
  }

  #holds(pod: Pod): boolean {
    return Boolean(pod.spec.nodeName) && !isFinished(pod);
  }

  #usedOn(node: string): Amounts {
    let used = this.#used.get(node);
    if (!used) this.#used.set(node, (used = new Map()));
    return used;
  }

  #account(pod: Pod, sign: number): void {
    const used = this.#usedOn(pod.spec.nodeName ?? '');
    for (const [name, amount] of requestsOf(pod.spec)) used.set(name, (used.get(name) ?? 0) + sign * amount);
  }
}

function message(nodes: number, reasons: ReadonlyMap<string, number>): string {
  if (nodes === 0) return 'no nodes available to schedule pods';
  const parts = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${nodes} nodes are available: ${parts.join(', ')}.`;
}
