import { createHash } from 'node:crypto';
import { nameAlphabet } from '../api/names.ts';
import { canonical, type Fields } from '../json.ts';
import { ownerReference, type KubeObject } from '../objects.ts';
import type { Actor } from './actor.ts';
import type { Condition, Conditioned, Pod, Templated } from './shapes.ts';

export function isTerminating(pod: KubeObject): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

export function isFinished(pod: Pod): boolean {
  return ['Succeeded', 'Failed'].includes(pod.status.phase);
}

export function isActive(pod: Pod): boolean {
  return !isTerminating(pod) && !isFinished(pod);
}

/** Whether a pod or a node says that it is ready. */
export function isReady({ status }: Conditioned): boolean {
  return status?.conditions?.some((known) => known.type === 'Ready' && known.status === 'True') ?? false;
}

/** Creates a pod of the owner's template, with a made-up name unless `identity` gives one. */
export function createPod(actor: Actor, owner: Templated, identity: Fields = {}, spec: Fields = {}): Pod {
  const { template } = owner.spec;
  const { labels, annotations } = template.metadata ?? {};
  const ownerReferences = [ownerReference(owner)];
  const generateName = `${owner.metadata.name}-`;
  const metadata = { generateName, labels, annotations, ownerReferences, ...identity };
  const podSpec = { ...template.spec, ...spec };
  const pod = actor.create<Pod>('pods', owner.metadata.namespace ?? '', { metadata, spec: podSpec });
  actor.event(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
  return pod;
}

export function removePod(actor: Actor, owner: KubeObject, pod: Pod): void {
  actor.remove(pod);
  actor.event(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`);
}

/** Conditions with one of them set; its transition time moves only when its status does. */
export function withCondition(all: readonly Condition[] = [], next: Condition, time: string): Condition[] {
  const known = all.find(({ type }) => type === next.type);
  const lastTransitionTime = known?.status === next.status ? (known.lastTransitionTime ?? time) : time;
  const changed = { ...next, lastTransitionTime };
  return known ? all.map((each) => (each === known ? changed : each)) : [...all, changed];
}

/** Sets one condition of a pod or a node. */
export function setCondition(actor: Actor, object: KubeObject & Conditioned, next: Condition): void {
  const conditions = withCondition(object.status?.conditions, next, actor.time);
  actor.status(object, { ...object.status, conditions });
}

/** Short name for a template: equal templates get the same. */
export function templateHash(template: unknown): string {
  const bytes = createHash('sha256').update(canonical(template)).digest().subarray(0, 10);
  return [...bytes].map((byte) => nameAlphabet[byte % nameAlphabet.length]).join('');
}
