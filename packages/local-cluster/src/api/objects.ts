import { randomUUID } from 'node:crypto';
import { applyOver, afterUpdate, type Writer } from '../fields/managed-fields.ts';
import { equal, fieldsAt, isFields, listAt, textAt, type Fields } from '../json.ts';
import { timestamp, type KubeObject, type ManagedFieldsEntry, type ObjectMeta } from '../objects.ts';
import type { Registry, Served } from '../resources/registry.ts';
import { apiVersionOf, resourceKey } from '../resources/resource.ts';
import { applyDefaults } from '../schema/defaults.ts';
import { prune } from '../schema/prune.ts';
import { alreadyExists, badRequest, conflict, forbidden, invalid, notFound } from '../status.ts';
import type { Collection, Store } from '../storage/store.ts';
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

  collection(served: Served): Collection {
    return this.store.collection(resourceKey(served.resource));
  }

  find({ served, namespace, name }: Target): KubeObject | undefined {
    return this.collection(served).get(namespace, name);
  }

  get(target: Target): KubeObject {
    const object = this.find(target);
    if (!object) throw notFound(target.served.resource, target.name);
    return object;
  }

  create(served: Served, namespace: string, input: Fields, options: WriteOptions): KubeObject {
    const metadata = fieldsAt(input, 'metadata');
    const prefix = textAt(metadata, 'generateName');
    const name = textAt(metadata, 'name') || (prefix && generatedName(prefix));
    if (!name) {
      const message = 'Required value: name or generateName is required';
      throw invalid(served.resource, '', [{ reason: 'FieldValueRequired', field: 'metadata.name', message }]);
    }
    checkIdentity({ served, namespace, name }, input);
    if (this.find({ served, namespace, name })) throw alreadyExists(served.resource, name);
    const named = { ...input, metadata: { ...metadata, name } };
    return this.#write({ served, namespace, name }, { next: this.#pruned(served, named, options) }, options);
  }

  /** Replaces an object; `change` gets what is stored and returns what should be. */
  update(target: Target, options: WriteOptions, change: (live: KubeObject) => Fields): KubeObject {
    const { served, name } = target;
    const live = this.get(target);
    const input = change(live);
    checkIdentity(target, input);
    checkPreconditions(target, live, input);
    const { uid = live.metadata.uid } = fieldsAt(input, 'metadata');
    if (uid !== live.metadata.uid) {
      const why = `Precondition failed: UID in precondition: ${String(uid)}, UID in object meta: ${live.metadata.uid}`;
      throw conflict(served.resource, name, why);
    }
    const next = this.#pruned(served, input, options);
    return this.#write(target, { next, live, ...forgottenManagers(input, live) }, options);
  }

  /** Server-side apply: creates what is absent. */
  apply(target: Target, applied: Fields, options: WriteOptions): { object: KubeObject; isNew: boolean } {
    const { served, name } = target;
    if (listAt(applied, 'metadata', 'managedFields').length > 0)
      throw badRequest('metadata.managedFields must be nil');
    const live = this.find(target);
    if (!live && options.subresource) throw notFound(served.resource, name);
    checkIdentity(target, applied);
    checkPreconditions(target, live, applied);
    const own = ownable(this.#pruned(served, applied, options), served, options);
    const writer = { ...this.#writer(served, options), force: options.force ?? false };
    const result = applyOver(live, own, served.version.schema, writer);
    const next = { ...result.object, metadata: { ...fieldsAt(result.object, 'metadata'), name } };
    const object = this.#write(target, { next, live, managers: result.managedFields }, options);
    return { object, isNew: live === undefined };
  }

  /** Stores as it is: for marks that no client can set, such as deletionTimestamp. */
  put(served: Served, object: KubeObject): KubeObject {
    return this.store.write(resourceKey(served.resource), object);
  }

  drop(served: Served, object: KubeObject): KubeObject {
    return this.store.write(resourceKey(served.resource), object, true);
  }

  #writer(served: Served, { manager, subresource }: WriteOptions): Writer {
    const apiVersion = apiVersionOf(served.resource, served.version.name);
    return { manager, apiVersion, subresource: subresource || undefined, time: timestamp(this.now()) };
  }

  #write(target: Target, write: Write, options: WriteOptions): KubeObject {
    const { served, namespace } = target;
    const { live } = write;
    const { resource, version } = served;
    const settled = separateStatus(write.next, live, served, options);
    const filled = applyDefaults(
      {
        ...settled,
        apiVersion: apiVersionOf(resource, version.name),
        kind: resource.kind,
        metadata: this.#metadata(fieldsAt(settled, 'metadata'), live, namespace),
      },
      version.schema,
    );
    const next = structuredClone(filled) as KubeObject;
    resource.prepare?.(next, live);
    if (resource.hasGeneration)
      next.metadata.generation = (live?.metadata.generation ?? 0) + (contentChanged(live, next) ? 1 : 0);
    checkObject(served, next, live);
    if (!live && namespace) this.#checkNamespace(target);
    const managers = write.managers ?? afterUpdate(live, next, version.schema, this.#writer(served, options));
    if (managers.length > 0) next.metadata.managedFields = [...managers];
    next.apiVersion = apiVersionOf(resource, resource.storageVersion);
    if (live && equal(next, live)) return live;
    if (options.dryRun) return next;
    return live && isReleased(next) ? this.drop(served, next) : this.put(served, next);
  }

  #pruned({ resource, version }: Served, input: Fields, options: WriteOptions): Fields {
    const unknown: string[] = [];
    const pruning = { isTyped: !resource.isCustom, drop: (path: string) => void unknown.push(path) };
    const pruned = prune(input, version.schema, pruning);
    const problems = unknown.map((field) => `unknown field ${JSON.stringify(field)}`);
    if (problems.length > 0 && options.fieldValidation === 'Strict')
      throw badRequest(
        `${resource.kind} in version "${version.name}" cannot be handled as a ${resource.kind}: strict decoding error: ${problems.join(', ')}`,
      );
    if (options.fieldValidation !== 'Ignore') for (const problem of problems) options.warn?.(problem);
    return isFields(pruned) ? pruned : {};
  }

  /** What the client may say about an object, and what the server keeps itself. */
  #metadata(given: Fields, live: KubeObject | undefined, namespace: string): ObjectMeta {
    const { managedFields: _managed, selfLink: _link, ...rest } = given;
    const kept = live?.metadata;
    const system: Fields = {
      uid: kept?.uid ?? randomUUID(),
      creationTimestamp: kept?.creationTimestamp ?? timestamp(this.now()),
      resourceVersion: kept?.resourceVersion ?? '',
      name: kept?.name ?? rest['name'],
      namespace: namespace || undefined,
      generateName: kept ? kept.generateName : rest['generateName'],
      generation: kept?.generation,
      deletionTimestamp: kept?.deletionTimestamp,
      deletionGracePeriodSeconds: kept?.deletionGracePeriodSeconds,
    };
    const all = Object.entries({ ...rest, ...system });
    return Object.fromEntries(all.filter(([, value]) => !isEmpty(value))) as ObjectMeta;
  }

  #checkNamespace({ served, namespace, name }: Target): void {
    const found = this.store.collection('namespaces').get('', namespace);
    if (!found) throw notFound({ group: '', plural: 'namespaces' }, namespace);
    if (found.metadata.deletionTimestamp === undefined) return;
    const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
    throw forbidden(served.resource, name, why);
  }
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0)
  );
}

interface Write {
  readonly next: Fields;
  readonly live?: KubeObject | undefined;
  /** Who owns what after a server-side apply; otherwise it follows from the change. */
  readonly managers?: readonly ManagedFieldsEntry[];
}

function checkPreconditions({ served, name }: Target, live: KubeObject | undefined, input: Fields): void {
  const { resourceVersion } = fieldsAt(input, 'metadata');
  if (resourceVersion && resourceVersion !== live?.metadata.resourceVersion)
    throw conflict(served.resource, name);
}

/** Keeps status writes to the status and other writes away from it. */
function separateStatus(
  next: Fields,
  live: KubeObject | undefined,
  { resource, version }: Served,
  { subresource }: WriteOptions,
): Fields {
  if (!version.hasStatus || (!live && resource.keepsStatus)) return next;
  const [content, status] = subresource === 'status' && live ? [live, next] : [next, live];
  const { status: _status, ...rest } = content;
  return status && 'status' in status ? { ...rest, status: status['status'] } : rest;
}

/** The part of an applied configuration that the addressed (sub)resource takes. */
function ownable(applied: Fields, { resource, version }: Served, { subresource }: WriteOptions): Fields {
  const { status, ...rest } = applied;
  if (subresource === 'status') return status === undefined ? {} : { status };
  return !version.hasStatus || resource.keepsStatus ? applied : rest;
}

function contentChanged(live: KubeObject | undefined, next: KubeObject): boolean {
  return !live || !equal(contentOf(live), contentOf(next));
}

function contentOf({
  metadata: _metadata,
  status: _status,
  apiVersion: _version,
  ...rest
}: KubeObject): Fields {
  return rest;
}

/** True when an object that is being deleted is held by nothing any more. */
function isReleased(object: KubeObject): boolean {
  const { deletionTimestamp, finalizers = [], deletionGracePeriodSeconds = 0 } = object.metadata;
  const isHeld = finalizers.length > 0 || listAt(object, 'spec', 'finalizers').length > 0;
  return deletionTimestamp !== undefined && deletionGracePeriodSeconds === 0 && !isHeld;
}

/** Writing an empty list forgets all managers, as on a real server. */
function forgottenManagers(input: Fields, live: KubeObject): { managers?: readonly ManagedFieldsEntry[] } {
  const given = fieldsAt(input, 'metadata')['managedFields'];
  const known = live.metadata.managedFields ?? [];
  return Array.isArray(given) && given.every(isEmpty) && known.length > 0 ? { managers: [] } : {};
}
