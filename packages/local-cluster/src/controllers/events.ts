import type { Objects } from '../api/objects.ts';
import { timestamp, type KubeObject } from '../objects.ts';
import { ApiError } from '../status.ts';
import { Actor, type EventFact, type RecordEvent } from './actor.ts';

const keptMilliseconds = 3_600_000;
const sweepMilliseconds = 60_000;

interface StoredEvent extends KubeObject {
  count?: number;
  lastTimestamp?: string;
}

/** Writes events; the same fact again raises the count of the first. Events older than an hour go. */
export function createEventRecorder(objects: Objects): {
  readonly record: RecordEvent;
  readonly stop: () => void;
} {
  const known = new Map<string, string>();
  const actor = new Actor(objects, 'event-recorder', () => undefined);
  const record = (fact: EventFact): void => {
    const { about, type, reason, message, component } = fact;
    const { name, namespace = 'default', uid, resourceVersion } = about.metadata;
    const identity = [uid, type, reason, message, component].join('\n');
    const time = timestamp(objects.now());
    const first = known.get(identity);
    const repeated = first === undefined ? undefined : actor.get<StoredEvent>('events', first);
    try {
      if (repeated) {
        actor.update('events', repeated, { count: (repeated.count ?? 1) + 1, lastTimestamp: time });
        return;
      }
      const subject = { apiVersion: about.apiVersion, kind: about.kind, name, uid, resourceVersion };
      const involvedObject = about.metadata.namespace ? { ...subject, namespace } : subject;
      const suffix = `${objects.now().toString(16)}${objects.store.revision.toString(16)}`;
      actor.create('events', namespace, {
        metadata: { name: `${name}.${suffix}` },
        involvedObject,
        type,
        reason,
        message,
        source: { component },
        reportingComponent: component,
        reportingInstance: '',
        count: 1,
        firstTimestamp: time,
        lastTimestamp: time,
      });
      known.set(identity, `${namespace}/${name}.${suffix}`);
    } catch (error) {
      // The namespace may be on its way out; an event is not worth more than a try.
      if (!(error instanceof ApiError)) throw error;
    }
  };
  const sweep = setInterval(() => {
    const limit = objects.now() - keptMilliseconds;
    for (const event of actor.list<StoredEvent>('events'))
      if (Date.parse(event.lastTimestamp ?? event.metadata.creationTimestamp) < limit)
        actor.remove('events', event);
    for (const [identity, key] of known) if (!actor.get('events', key)) known.delete(identity);
  }, sweepMilliseconds);
  return { record, stop: () => clearInterval(sweep) };
}
