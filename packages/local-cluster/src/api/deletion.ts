import { fieldsAt, listAt, numberAt, textAt, type Fields } from '../json.ts';
import { timestamp, type KubeObject } from '../objects.ts';
import { badRequest } from '../status.ts';
import { checkPreconditions, isHeld, type Objects, type Target } from './objects.ts';

export const definitionFinalizer = 'customresourcecleanup.apiextensions.k8s.io';

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number | undefined;
  readonly preconditions?: Fields;
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
    preconditions: fieldsAt(body, 'preconditions'),
    dryRun: query.get('dryRun') === 'All' || listAt(body, 'dryRun').includes('All'),
  };
}

/** Removes an object, or marks it when somebody must act first. */
export function remove(objects: Objects, target: Target, options: DeleteOptions = {}): Deleted {
  const { served } = target;
  const { dryRun = false, preconditions = {} } = options;
  const live = objects.get(target);
  checkPreconditions(target, live, preconditions);
  const { deletionTimestamp, deletionGracePeriodSeconds: before = Infinity, generation } = live.metadata;
  const isFirst = deletionTimestamp === undefined;
  const own = live.metadata.finalizers ?? [];
  const isDefinition = live.kind === 'CustomResourceDefinition';
  const finalizers = isDefinition && isFirst ? [...own, definitionFinalizer] : own;
  const grace = gracePeriod(live, options);
  const metadata = {
    ...live.metadata,
    deletionTimestamp: timestamp(objects.now() + grace * 1000),
    deletionGracePeriodSeconds: grace,
    ...(finalizers.length > 0 && { finalizers }),
    ...(generation !== undefined && isFirst && { generation: generation + 1 }),
  };
  const marked = { ...live, metadata };
  const isGone = !isHeld(marked);
  if (dryRun || (!isGone && !isFirst && grace >= before)) return { object: live, isGone };
  return { object: objects.store.write(served.key, isGone ? live : marked, isGone), isGone };
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
