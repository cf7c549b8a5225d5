import type { Random, Timer } from './clock.ts';
import type { CoreEvent } from './kinds.ts';
import type { KubeObject, ObjectRef } from './object.ts';

/** One thing that happened to an object, for people to read in `kubectl describe`. */
export interface RecordedEvent {
  readonly regarding: ObjectReference;
  readonly type: 'Normal' | 'Warning';
  /** One CamelCase word: why. */
  readonly reason: string;
  readonly message: string;
}

export interface ObjectReference extends ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

/** An object as events and owner references name it; it must carry its apiVersion and kind. */
export function referenceTo({ apiVersion = '', kind = '', metadata }: KubeObject): ObjectReference {
  const { name, namespace, uid, resourceVersion } = metadata;
  return { apiVersion, kind, name, namespace, uid, resourceVersion };
}

interface SeriesOptions {
  readonly component: string;
  readonly instance: string;
  readonly now: number;
  readonly random: Random;
  /** Tells events of one moment apart. */
  readonly sequence: number;
}

/** The API server refuses longer messages. */
const LONGEST_MESSAGE = 1_024;

/** An event and its repetitions: one Event object with a count. */
export class EventSeries {
  readonly event: RecordedEvent;
  /** Where it was written to, once it was. */
  stored: ObjectRef | undefined;
  /** Set while a write waits. */
  timer: Timer | undefined;
  lastSeen: number;
  readonly #options: SeriesOptions;
  #count = 1;

  constructor(event: RecordedEvent, options: SeriesOptions) {
    this.event = event;
    this.lastSeen = options.now;
    this.#options = options;
  }

  repeat(now: number): void {
    this.#count++;
    this.lastSeen = now;
  }

  countPatch(): { readonly count: number; readonly lastTimestamp: string } {
    return { count: this.#count, lastTimestamp: seconds(this.lastSeen) };
  }

  object(): CoreEvent {
    const { component, instance, now, random, sequence } = this.#options;
    const { regarding, type, reason, message } = this.event;
    const numbers = [now, sequence, Math.floor(random() * 0xffff)];
    const suffix = numbers.map((number) => number.toString(16)).join('');
    return {
      // Events about cluster-scoped objects live in `default`.
      metadata: {
        name: `${regarding.name.slice(0, 200)}.${suffix}`,
        namespace: regarding.namespace || 'default',
      },
      involvedObject: regarding,
      type,
      reason,
      message: message.length <= LONGEST_MESSAGE ? message : `${message.slice(0, LONGEST_MESSAGE - 1)}…`,
      source: { component, host: instance },
      reportingComponent: component,
      reportingInstance: instance,
      count: this.#count,
      firstTimestamp: seconds(now),
      lastTimestamp: seconds(this.lastSeen),
    } as CoreEvent;
  }
}

/** Kubernetes' Time has no fractions. */
function seconds(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}
