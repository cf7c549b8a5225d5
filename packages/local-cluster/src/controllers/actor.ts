import { remove, type DeleteOptions } from '../api/deletion.ts';
import type { Objects, Target } from '../api/objects.ts';
import type { Fields } from '../json.ts';
import { timestamp, type KubeObject } from '../objects.ts';
import { unknownPath } from '../status.ts';
import { recordEvent } from './events.ts';

export type EventType = 'Normal' | 'Warning';

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
  get<T extends KubeObject>(resource: string, key: string): T | undefined {
    const [namespace = '', name = ''] = key.split('/');
    return this.objects.store.collection(resource).get(namespace, name) as T | undefined;
  }

  list<T extends KubeObject>(resource: string, namespace?: string): T[] {
    return [...this.objects.store.collection(resource).list(namespace)] as T[];
  }

  /** Objects of a resource that this object controls. */
  controlled<T extends KubeObject>(owner: KubeObject, resource: string): T[] {
    const { uid } = owner.metadata;
    return this.objects.store
      .dependentsOf(uid)
      .filter((found) => found.resource === resource)
      .map(({ object }) => object as T)
      .filter(({ metadata }) =>
        metadata.ownerReferences?.some((r) => r.uid === uid && r.controller === true),
      );
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as above
  create<T extends KubeObject>(resource: string, namespace: string, object: Fields): T {
    const { served } = this.#target(resource, { namespace, name: '' });
    return this.objects.create(served, namespace, object, { manager: this.manager }) as T;
  }

  update<T extends KubeObject>(resource: string, object: T, change: Fields, subresource = ''): T {
    const options = { manager: this.manager, subresource };
    return this.objects.update(this.#target(resource, object.metadata), options, (live) => ({
      ...live,
      ...change,
    })) as T;
  }

  status(resource: string, object: KubeObject, status: Fields): void {
    this.update(resource, object, { status }, 'status');
  }

  remove(resource: string, object: KubeObject, options: DeleteOptions = {}): void {
    const target = this.#target(resource, object.metadata);
    if (this.objects.find(target)?.metadata.uid === object.metadata.uid)
      remove(this.objects, target, options);
  }

  event(about: KubeObject, type: EventType, reason: string, message: string): void {
    recordEvent(this, { about, type, reason, message });
  }

  #target(resource: string, { namespace = '', name }: { namespace?: string; name: string }): Target {
    const found = this.objects.registry.byKey(resource);
    const version = found?.versions.find((candidate) => candidate.name === found.storageVersion);
    if (!found || !version) throw unknownPath();
    return { served: { resource: found, version }, namespace, name };
  }
}

export function keyOfObject({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}
