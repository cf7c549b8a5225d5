import { fieldsAt, listAt, numberAt, textAt, type Fields } from '../json.ts';
import { timestamp, type KubeObject } from '../objects.ts';
import { badRequest, conflict } from '../status.ts';
import type { Objects, Target } from './objects.ts';

export const definitionFinalizer = 'customresourcecleanup.apiextensions.k8s.io';

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number | undefined;
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
  const policy = textAt(body, 'propagationPolicy') || query.get('propagationPolicy') || 'Background';
  if (policy !== 'Background' || body['orphanDependents'] === true)
    throw badRequest(`propagationPolicy ${policy}: local-cluster deletes in the Background only`);
  const grace = query.get('gracePeriodSeconds');
  return {
    gracePeriodSeconds: numberAt(body, 'gracePeriodSeconds') ?? (grace ? Number(grace) : undefined),
    uid: textAt(body, 'preconditions', 'uid'),
    resourceVersion: textAt(body, 'preconditions', 'resourceVersion'),
    dryRun: query.get('dryRun') === 'All' || listAt(body, 'dryRun').includes('All'),
  };
}

/** Removes an object, or marks it when somebody must act first. */
export function remove(objects: Objects, target: Target, options: DeleteOptions = {}): Deleted {
  const { served } = target;
  const live = objects.get(target);
  checkPreconditions(live, target, options);
  const isDefinition = live.kind === 'CustomResourceDefinition';
  const { deletionTimestamp, deletionGracePeriodSeconds: before = Infinity } = live.metadata;
  const own = live.metadata.finalizers ?? [];
  const isFirst = deletionTimestamp === undefined;
  const finalizers = isDefinition && isFirst ? [...own, definitionFinalizer] : own;
  const grace = gracePeriod(live, options);
  const isHeld = finalizers.length > 0 || grace > 0 || listAt(live, 'spec', 'finalizers').length > 0;
  if (options.dryRun) return { object: live, isGone: !isHeld };
  if (!isHeld) return { object: objects.drop(served, live), isGone: true };
  if (!isFirst && grace >= before) return { object: live, isGone: false };
  const { generation } = live.metadata;
  const metadata = {
    ...live.metadata,
    deletionTimestamp: timestamp(objects.now() + grace * 1000),
    deletionGracePeriodSeconds: grace,
    ...(finalizers.length > 0 ? { finalizers } : {}),
    ...(generation !== undefined && isFirst ? { generation: generation + 1 } : {}),
  };
  const status =
    live.kind === 'Namespace' ? { status: { ...fieldsAt(live, 'status'), phase: 'Terminating' } } : {};
  return { object: objects.put(served, { ...live, ...status, metadata }), isGone: false };
}

function checkPreconditions(
  { metadata }: KubeObject,
  { served, name }: Target,
  options: DeleteOptions,
): void {
  const { uid, resourceVersion } = options;
  if (uid && uid !== metadata.uid) {
    const why = `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`;
    throw conflict(served.resource, name, why);
  }
  if (resourceVersion && resourceVersion !== metadata.resourceVersion) throw conflict(served.resource, name);
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
