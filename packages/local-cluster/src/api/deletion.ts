import { fieldsAt, listAt, numberAt, textAt, valueAt, type Fields } from '../json.ts';
import { timestamp, type KubeObject, type ObjectMeta } from '../objects.ts';
import { conflict } from '../status.ts';
import type { Objects, Target } from './objects.ts';

export const orphanFinalizer = 'orphan';
export const foregroundFinalizer = 'foregroundDeletion';
export const definitionFinalizer = 'customresourcecleanup.apiextensions.k8s.io';

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly dryRun?: boolean;
}

export interface Deleted {
  readonly object: KubeObject;
  /** False while finalizers, a grace period or contents still hold it. */
  readonly isGone: boolean;
}

export function deleteOptions(body: Fields, query: URLSearchParams): DeleteOptions {
  const grace =
    numberAt(body, 'gracePeriodSeconds') ??
    (query.has('gracePeriodSeconds') ? Number(query.get('gracePeriodSeconds')) : undefined);
  const orphan = valueAt(body, 'orphanDependents') === true ? 'Orphan' : '';
  return {
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
    propagationPolicy: textAt(body, 'propagationPolicy') || query.get('propagationPolicy') || orphan,
    uid: textAt(body, 'preconditions', 'uid'),
    resourceVersion: textAt(body, 'preconditions', 'resourceVersion'),
    dryRun: query.get('dryRun') === 'All' || listAt(body, 'dryRun').includes('All'),
  };
}

/** Removes an object, or marks it when somebody must act first. */
export function remove(objects: Objects, target: Target, options: DeleteOptions = {}): Deleted {
  const live = objects.get(target);
  const { resource } = target.served;
  const { uid, resourceVersion } = options;
  if (uid && uid !== live.metadata.uid) {
    const why = `the UID in the precondition (${uid}) does not match the UID in record (${live.metadata.uid}). The object might have been deleted and then recreated`;
    throw conflict(resource, target.name, why);
  }
  if (resourceVersion && resourceVersion !== live.metadata.resourceVersion)
    throw conflict(resource, target.name);
  const finalizers = finalizersFor(live, options);
  const grace = gracePeriod(live, options);
  const holdsContents = resource.kind === 'Namespace' && listAt(live, 'spec', 'finalizers').length > 0;
  const isHeld = finalizers.length > 0 || grace > 0 || holdsContents;
  if (options.dryRun) return { object: live, isGone: !isHeld };
  if (!isHeld) return { object: objects.drop(target.served, live), isGone: true };
  const known = live.metadata.deletionTimestamp !== undefined;
  const isSooner = known && grace < (live.metadata.deletionGracePeriodSeconds ?? 0);
  if (known && !isSooner && finalizers.length === (live.metadata.finalizers?.length ?? 0))
    return { object: live, isGone: false };
  const until = timestamp(objects.now() + grace * 1000);
  const metadata: ObjectMeta = {
    ...live.metadata,
    deletionTimestamp: until,
    deletionGracePeriodSeconds: grace,
  };
  if (known && !isSooner) metadata.deletionTimestamp = live.metadata.deletionTimestamp ?? until;
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  if (metadata.generation !== undefined && !known) metadata.generation++;
  const status =
    resource.kind === 'Namespace' ? { status: { ...fieldsAt(live, 'status'), phase: 'Terminating' } } : {};
  return { object: objects.put(target.served, { ...live, ...status, metadata }), isGone: false };
}

function finalizersFor(live: KubeObject, { propagationPolicy }: DeleteOptions): string[] {
  const own = live.metadata.finalizers ?? [];
  const chosen = propagationPolicy
    ? own.filter((name) => name !== orphanFinalizer && name !== foregroundFinalizer)
    : own;
  const extra =
    { Foreground: [foregroundFinalizer], Orphan: [orphanFinalizer] }[propagationPolicy ?? ''] ?? [];
  const isDefinition = live.kind === 'CustomResourceDefinition' && !own.includes(definitionFinalizer);
  const contents = isDefinition && live.metadata.deletionTimestamp === undefined ? [definitionFinalizer] : [];
  return [...chosen, ...extra, ...contents];
}

/** Only pods on a node end gracefully: their node acknowledges with a second delete. */
function gracePeriod(live: KubeObject, { gracePeriodSeconds }: DeleteOptions): number {
  const isRunning =
    live.kind === 'Pod' &&
    textAt(live, 'spec', 'nodeName') !== '' &&
    !['Succeeded', 'Failed'].includes(textAt(live, 'status', 'phase'));
  if (!isRunning) return 0;
  const wanted = gracePeriodSeconds ?? numberAt(live, 'spec', 'terminationGracePeriodSeconds') ?? 30;
  return Math.min(wanted, live.metadata.deletionGracePeriodSeconds ?? wanted);
}
