import type { Cache, KubeObject, Pod } from '@kaito-ts/kube-runtime';
import type { PodWarning } from '../plan/observation.ts';
import type { Watches } from './watches.ts';
import { setTimeout as sleep } from 'node:timers/promises';

/** An Event as a node writes it. */
export interface PodEvent extends KubeObject {
  readonly involvedObject?: { readonly uid?: string; readonly name?: string; readonly namespace?: string };
  readonly reason?: string;
  readonly message?: string;
  readonly lastTimestamp?: string | null;
}

/**
 * What pod status never says: failing mounts, sandboxes and pull Secrets. The frequent warnings, which it does say, are
 * left to the API server, so that a cluster where all is well sends nothing.
 */
export const podWarningSelector: string = [
  'involvedObject.kind=Pod',
  'type=Warning',
  ...['FailedScheduling', 'BackOff', 'Failed', 'Unhealthy', 'Evicted', 'FailedKillPod'].map(
    (reason) => `reason!=${reason}`,
  ),
].join(',');

const longestMessage = 500;

export function slimPodEvent({ metadata, ...event }: PodEvent): PodEvent {
  const { name, namespace, uid, resourceVersion } = metadata;
  return {
    metadata: { name, namespace, uid, resourceVersion },
    involvedObject: { ...pick(event.involvedObject) },
    reason: event.reason ?? '',
    message: (event.message ?? '').slice(0, longestMessage),
    lastTimestamp: event.lastTimestamp ?? null,
  };
}

function pick({ uid = '', name = '', namespace = '' }: PodEvent['involvedObject'] = {}): {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
} {
  return { uid, name, namespace };
}

/** API servers send no bookmarks for Events: silence is no sign of a dead watch. */
export const longerThanAnyWatch: number = 11 * 60_000;

/** Longer than a list of all Events takes. */
const patienceMilliseconds = 5_000;

/** Waited for, so that a restart tells nothing else than before; but not for ever: without the right to it all else works. */
export function awaitedForAWhile(reflector: Cache): Cache {
  let overdue = false;
  const patience = async (): Promise<void> => {
    await sleep(patienceMilliseconds, undefined, { ref: false });
    overdue = true;
  };
  return {
    name: reflector.name,
    run: (signal) => reflector.run(signal),
    synced: Promise.race([reflector.synced, patience()]),
    get hasSynced() {
      return overdue || reflector.hasSynced;
    },
    get lastError() {
      return reflector.lastError;
    },
  };
}

export function podUids({ involvedObject }: PodEvent): readonly string[] {
  return involvedObject?.uid === undefined ? [] : [involvedObject.uid];
}

/** Oldest first. */
export function warningsAbout(pod: Pod, { podWarnings }: Watches): readonly PodWarning[] {
  return podWarnings.store
    .byIndex('pod', pod.metadata.uid ?? '')
    .toSorted((left, right) => ((left.lastTimestamp ?? '') < (right.lastTimestamp ?? '') ? -1 : 1))
    .map(({ reason = '', message = '' }) => ({ reason, message }));
}
