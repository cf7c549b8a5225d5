import { createHash } from 'node:crypto';
import { remove, type DeleteOptions } from '../api/deletion.ts';
import type { Objects, Target } from '../api/objects.ts';
import { equal, type Fields } from '../json.ts';
import { controllerOf, timestamp, type KubeObject } from '../objects.ts';
import { ApiError } from '../status.ts';

/** A controller's eyes and hands: reads the store, writes under its own manager name. */
export class Actor {
  readonly objects: Objects;
  readonly manager: string;

  constructor(objects: Objects, manager: string) {
    this.objects = objects;
    this.manager = manager;
  }

  get now(): number {
    return this.objects.now();
  }

  get time(): string {
    return timestamp(this.now);
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows what a resource holds
  get<T extends KubeObject>(resource: string, namespace: string, name: string): T | undefined {
    return this.objects.store.get(resource, namespace, name) as T | undefined;
  }

  list<T extends KubeObject>(resource: string, namespace?: string): T[] {
    return this.objects.store.list(resource, namespace) as T[];
  }

  /** Objects of a resource that this object controls. */
  controlled<T extends KubeObject>(owner: KubeObject, resource: string): T[] {
    const { uid } = owner.metadata;
    const near = this.list<T>(resource, owner.metadata.namespace);
    return near.filter((object) => controllerOf(object)?.uid === uid);
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as above
  create<T extends KubeObject>(resource: string, namespace: string, object: Fields): T {
    const served = this.objects.registry.stored(resource);
    return this.objects.create({ served, namespace }, object, { manager: this.manager }) as T;
  }

  update<T extends KubeObject>(object: T, change: Fields, subresource = ''): T {
    if (Object.entries(change).every(([name, value]) => equal(object[name], value))) return object;
    const options = { manager: this.manager, subresource };
    return this.objects.update(this.#targetOf(object), options, (live) => ({ ...live, ...change })) as T;
  }

  status<T extends KubeObject>(object: T, status: Fields): T {
    return this.update(object, { status }, 'status');
  }

  /** Does nothing when it is gone already. */
  remove(object: KubeObject, options: DeleteOptions = {}): void {
    if (this.objects.store.byUid(object.metadata.uid)) remove(this.objects, this.#targetOf(object), options);
  }

  /** Deletes all objects of a resource; true when nothing is left to hold on. */
  clear(resource: string, namespace?: string): boolean {
    for (const object of this.list(resource, namespace))
      if (object.metadata.deletionTimestamp === undefined) this.remove(object);
    return this.list(resource, namespace).length === 0;
  }

  /** Tells people; the same fact again raises the count of the first event. */
  event(about: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { apiVersion, kind, metadata } = about;
    const { name, namespace = 'default', uid } = metadata;
    const fact = createHash('sha256').update([uid, type, reason, message, this.manager].join('\n'));
    const eventName = `${name}.${fact.digest('hex').slice(0, 16)}`;
    const known = this.get<KubeObject & { count: number }>('events', namespace, eventName);
    try {
      if (known) this.update(known, { count: known.count + 1, lastTimestamp: this.time });
      else
        this.create('events', namespace, {
          metadata: { name: eventName },
          involvedObject: { apiVersion, kind, name, namespace: metadata.namespace, uid },
          ...{ type, reason, message, count: 1, firstTimestamp: this.time, lastTimestamp: this.time },
          ...{ source: { component: this.manager }, reportingComponent: this.manager, reportingInstance: '' },
        });
    } catch (error) {
      // The namespace may be on its way out; an event is not worth more than a try.
      if (!(error instanceof ApiError)) throw error;
    }
  }

  #targetOf({ metadata: { namespace = '', name, uid } }: KubeObject): Target {
    const { resource = '' } = this.objects.store.byUid(uid) ?? {};
    return { served: this.objects.registry.stored(resource), namespace, name };
  }
}
