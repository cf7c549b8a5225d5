import { randomUUID } from 'node:crypto';
import { applyOver, afterUpdate, type Writer } from '../fields/managed-fields.ts';
import { equal, fieldsAt, isFields, listAt, textAt, type Fields } from '../json.ts';
import { timestamp, type KubeObject, type ManagedFieldsEntry, type ObjectMeta } from '../objects.ts';
import type { Registry } from '../resources/registry.ts';
import type { Served } from '../resources/resource.ts';
import { prune } from '../schema/prune.ts';
import { fillDefaults } from '../schema/validate.ts';
import { alreadyExists, badRequest, cause, conflict, forbidden, invalid, notFound } from '../status.ts';
import type { Store } from '../storage/store.ts';
import { checkIdentity, checkObject } from './checks.ts';
import { generatedName } from './names.ts';

export interface WriteOptions {
  readonly manager: string;
  readonly subresource?: string;
  readonly fieldValidation?: string;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly warn?: (text: string) => void;
}

export interface Target {
  readonly served: Served;
  readonly namespace: string;
  readonly name: string;
}

interface Write {
  readonly next: Fields;
  readonly live?: KubeObject | undefined;
  /** Who owns what after a server-side apply; otherwise it follows from the change. */
  readonly managedFields?: readonly ManagedFieldsEntry[];
}

/** The one way objects are written: pruned, defaulted, checked, accounted to their manager, stored. */
export class Objects {
  readonly store: Store;
  readonly registry: Registry;
  readonly now: () => number;

  constructor(store: Store, registry: Registry, now: () => number) {
    this.store = store;
    this.registry = registry;
    this.now = now;
  }

  find({ served, namespace, name }: Target): KubeObject | undefined {
    return this.store.get(served.key, namespace, name);
  }

  get(target: Target): KubeObject {
    const object = this.find(target);
    if (!object) throw notFound(target.served, target.name);
    return object;
  }

  create({ served, namespace }: Omit<Target, 'name'>, input: Fields, options: WriteOptions): KubeObject {
    const metadata = fieldsAt(input, 'metadata');
    const prefix = textAt(metadata, 'generateName');
    const name = textAt(metadata, 'name') || (prefix && generatedName(prefix));
    const target = { served, namespace, name };
    checkIdentity(target, input);
    const missing = cause('Required', 'metadata.name', 'name or generateName is required');
    if (!name) throw invalid(served, '', [missing]);
    if (this.find(target)) throw alreadyExists(served, name);
    const next = this.#pruned(served, { ...input, metadata: { ...metadata, name } }, options);
    return this.#write(target, { next }, options);
  }

  /** Replaces an object; `change` gets what is stored and returns what should be. */
  update(target: Target, options: WriteOptions, change: (live: KubeObject) => Fields): KubeObject {
    const live = this.get(target);
    const input = change(live);
    checkIdentity(target, input);
    checkPreconditions(target, live, fieldsAt(input, 'metadata'));
    return this.#write(target, { next: this.#pruned(target.served, input, options), live }, options);
  }

  /** Server-side apply: creates what is absent. */
  apply(target: Target, applied: Fields, options: WriteOptions): { object: KubeObject; isNew: boolean } {
    const { served, name } = target;
    const metadata = fieldsAt(applied, 'metadata');
    if (listAt(metadata, 'managedFields').length > 0) throw badRequest('metadata.managedFields must be nil');
    const live = this.find(target);
    if (!live && options.subresource) throw notFound(served, name);
    checkIdentity(target, applied);
    checkPreconditions(target, live, metadata);
    const own = ownable(this.#pruned(served, applied, options), served, options);
    const writer = { ...this.#writer(served, options), force: options.force ?? false };
    const { object, managedFields } = applyOver(live, own, served.schema, writer);
    const next = { ...object, metadata: { ...fieldsAt(object, 'metadata'), name } };
    return { object: this.#write(target, { next, live, managedFields }, options), isNew: live === undefined };
  }

  #writer({ apiVersion }: Served, { manager, subresource }: WriteOptions): Writer {
    return { manager, apiVersion, subresource: subresource || undefined, time: timestamp(this.now()) };
  }

  #write(target: Target, write: Write, options: WriteOptions): KubeObject {
    const { served, namespace } = target;
    const { live } = write;
    const { apiVersion, kind, schema } = served;
    const settled = separateStatus(write.next, live, served, options);
    const next = structuredClone({
      ...settled,
      apiVersion,
      kind,
      metadata: this.#metadata(fieldsAt(settled, 'metadata'), live, namespace),
    }) as KubeObject;
    fillDefaults(next, schema);
    served.prepare?.(next, live);
    if (served.hasGeneration)
      next.metadata.generation =
        (live?.metadata.generation ?? 0) + (equal(contentOf(live), contentOf(next)) ? 0 : 1);
    checkObject(served, next, live);
    if (!live && namespace) this.#checkNamespace(target);
    const change = { before: live, after: next, entries: givenManagers(write.next, live) };
    const { managedFields = afterUpdate(change, schema, this.#writer(served, options)) } = write;
    if (managedFields.length > 0) next.metadata.managedFields = [...managedFields];
    next.apiVersion = this.registry.stored(served.key).apiVersion;
    if (live && equal(next, live)) return live;
    if (options.dryRun) return next;
    const isReleased = next.metadata.deletionTimestamp !== undefined && !isHeld(next);
    return this.store.write(served.key, next, live && isReleased);
  }

  #pruned({ kind, version, schema, isCustom }: Served, input: Fields, options: WriteOptions): Fields {
    const unknown: string[] = [];
    const pruning = { isTyped: !isCustom, drop: (path: string) => void unknown.push(path) };
    const pruned = prune(input, schema, pruning);
    const problems = unknown.map((field) => `unknown field ${JSON.stringify(field)}`);
    if (problems.length > 0 && options.fieldValidation === 'Strict')
      throw badRequest(
        `${kind} in version "${version}" cannot be handled as a ${kind}: strict decoding error: ${problems.join(', ')}`,
      );
    if (options.fieldValidation !== 'Ignore') for (const problem of problems) options.warn?.(problem);
    return isFields(pruned) ? pruned : {};
  }

  /** What the client may say about an object, beside what the server keeps itself. */
  #metadata(given: Fields, live: KubeObject | undefined, namespace: string): ObjectMeta {
    const { name, generateName, labels, annotations, finalizers, ownerReferences } = given;
    const system = live?.metadata ?? {
      ...{ name, generateName, namespace, uid: randomUUID() },
      ...{ creationTimestamp: timestamp(this.now()), resourceVersion: '' },
    };
    const all = { ...system, labels, annotations, finalizers, ownerReferences, managedFields: undefined };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => !isEmpty(value))) as ObjectMeta;
  }

  #checkNamespace({ served, namespace, name }: Target): void {
    const found = this.store.get('namespaces', '', namespace);
    if (!found) throw notFound({ group: '', plural: 'namespaces' }, namespace);
    if (found.metadata.deletionTimestamp === undefined) return;
    const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
    throw forbidden(served, name, why);
  }
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined ||
    value === '' ||
    (typeof value === 'object' && Object.keys(value ?? {}).length === 0)
  );
}

/** Refuses a write that is meant for another object, or for an earlier state of it. */
export function checkPreconditions(
  { served, name }: Target,
  live: KubeObject | undefined,
  { uid, resourceVersion }: Fields,
): void {
  const known = live?.metadata;
  const why = `the UID in the precondition (${String(uid)}) does not match the UID in record (${known?.uid}). The object might have been deleted and then recreated`;
  if (uid && uid !== known?.uid) throw conflict(served, name, why);
  if (resourceVersion && resourceVersion !== known?.resourceVersion) throw conflict(served, name);
}

/** Keeps status writes to the status and other writes away from it. */
function separateStatus(
  next: Fields,
  live: KubeObject | undefined,
  { hasStatus, keepsStatus }: Served,
  { subresource }: WriteOptions,
): Fields {
  if (!hasStatus || (!live && keepsStatus)) return next;
  const [content, status] = subresource === 'status' && live ? [live, next] : [next, live];
  const { status: _status, ...rest } = content;
  return status && 'status' in status ? { ...rest, status: status['status'] } : rest;
}

/** The part of an applied configuration that the addressed (sub)resource takes. */
function ownable(applied: Fields, { hasStatus }: Served, { subresource }: WriteOptions): Fields {
  const { status, ...rest } = applied;
  if (subresource === 'status') return status === undefined ? {} : { status };
  return hasStatus ? rest : applied;
}

/** All that counts for the generation. */
function contentOf(object: Fields = {}): Fields {
  const { metadata: _metadata, status: _status, apiVersion: _version, ...content } = object;
  return content;
}

/** Whether an object that is being deleted must wait for somebody. */
export function isHeld(object: KubeObject): boolean {
  const { finalizers = [], deletionGracePeriodSeconds = 0 } = object.metadata;
  return (
    finalizers.length > 0 || deletionGracePeriodSeconds > 0 || listAt(object, 'spec', 'finalizers').length > 0
  );
}

/** A client may rewrite who owns what; an empty entry forgets all. */
function givenManagers(input: Fields, live: KubeObject | undefined): readonly ManagedFieldsEntry[] {
  const metadata = fieldsAt(input, 'metadata') as Partial<ObjectMeta>;
  const entries = metadata.managedFields ?? live?.metadata.managedFields ?? [];
  return entries.filter(({ manager }) => manager);
}
