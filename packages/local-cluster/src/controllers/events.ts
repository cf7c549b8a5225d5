import { createHash } from 'node:crypto';
import type { KubeObject } from '../objects.ts';
import { ApiError } from '../status.ts';
import type { Actor, EventType } from './actor.ts';

const keptMilliseconds = 3_600_000;

interface StoredEvent extends KubeObject {
  count: number;
  lastTimestamp?: string;
}

interface EventFact {
  readonly about: KubeObject;
  readonly type: EventType;
  readonly reason: string;
  readonly message: string;
}

/** Writes an event; the same fact again raises the count of the first. */
export function recordEvent(actor: Actor, { about, type, reason, message }: EventFact): void {
  const { apiVersion, kind, metadata } = about;
  const { name, namespace = 'default', uid, resourceVersion } = metadata;
  const component = actor.manager;
  const identity = createHash('sha256').update([uid, type, reason, message, component].join('\n'));
  const eventName = `${name}.${identity.digest('hex').slice(0, 16)}`;
  const known = actor.get<StoredEvent>('events', `${namespace}/${eventName}`);
  const times = { firstTimestamp: actor.time, lastTimestamp: actor.time };
  const involvedObject = { apiVersion, kind, name, namespace: metadata.namespace, uid, resourceVersion };
  const source = { source: { component }, reportingComponent: component, reportingInstance: '' };
  try {
    if (known) actor.update('events', known, { count: known.count + 1, lastTimestamp: actor.time });
    else
      actor.create('events', namespace, {
        metadata: { name: eventName },
        ...{ involvedObject, type, reason, message, count: 1 },
        ...times,
        ...source,
      });
  } catch (error) {
    // The namespace may be on its way out; an event is not worth more than a try.
    if (!(error instanceof ApiError)) throw error;
  }
}

/** Removes an event an hour after it was last seen. */
export function expireEvent(actor: Actor, key: string): number | undefined {
  const event = actor.get<StoredEvent>('events', key);
  if (!event) return undefined;
  const seen = Date.parse(event.lastTimestamp ?? event.metadata.creationTimestamp);
  const wait = seen + keptMilliseconds - actor.now;
  if (wait > 0) return wait;
  actor.remove('events', event);
  return undefined;
}
