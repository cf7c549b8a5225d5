import { createHash } from 'node:crypto';
import { remove, type DeleteOptions } from '../api/deletion.ts';
import type { Objects, Target } from '../api/objects.ts';
import { canonical, type Fields } from '../json.ts';
import { timestamp, type KubeObject } from '../objects.ts';
import type { Served } from '../resources/registry.ts';
import { unknownPath } from '../status.ts';

/** A controller's eyes and hands: reads the store, writes under its own manager name. */
export class Actor {
  readonly objects: Objects;
  readonly manager: string;
  readonly #record: RecordEvent;

  constructor(objects: Objects, manager: string, record: RecordEvent) {
    this.objects = objects;
    this.manager = manager;
    this.#record = record;
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
    return this.objects.create(this.#served(resource), namespace, object, { manager: this.manager }) as T;
  }

  update<T extends KubeObject>(resource: string, object: T, change: Fields): T {
    return this.objects.update(this.#target(resource, object), { manager: this.manager }, (live) => ({
      ...live,
      ...change,
    })) as T;
  }

  status(resource: string, object: KubeObject, status: Fields): void {
    const options = { manager: this.manager, subresource: 'status' };
    this.objects.update(this.#target(resource, object), options, (live) => ({ ...live, status }));
  }

  remove(resource: string, object: KubeObject, options: DeleteOptions = {}): void {
    const target = this.#target(resource, object);
    if (this.objects.find(target)?.metadata.uid === object.metadata.uid)
      remove(this.objects, target, options);
  }

  event(about: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#record({ about, type, reason, message, component: this.manager });
  }

  #served(resource: string): Served {
    const found = this.objects.registry.byKey(resource);
    const version = found?.versions.find(({ name }) => name === found.storageVersion) ?? found?.versions[0];
    if (!found || !version) throw unknownPath();
    return { resource: found, version };
  }

  #target(resource: string, { metadata }: KubeObject): Target {
    return { served: this.#served(resource), namespace: metadata.namespace ?? '', name: metadata.name };
  }
}

export interface EventFact {
  readonly about: KubeObject;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly component: string;
}

export type RecordEvent = (fact: EventFact) => void;

export function keyOfObject({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

/** Short name for a template: equal templates get the same. */
export function templateHash(template: unknown): string {
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
  const bytes = createHash('sha256').update(canonical(template)).digest().subarray(0, 10);
  return [...bytes].map((byte) => alphabet[byte % alphabet.length]).join('');
}
