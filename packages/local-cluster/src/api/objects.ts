import { randomUUID } from 'node:crypto';
import { applyOver, afterUpdate, type Writer } from '../fields/managed-fields.ts';
import { equal, fieldsAt, isFields, listAt, type Fields } from '../json.ts';
import { timestamp, type KubeObject, type ManagedFieldsEntry, type ObjectMeta } from '../objects.ts';
import type { Registry, Served } from '../resources/registry.ts';
import { apiVersionOf, resourceKey } from '../resources/resource.ts';
import { evaluateRules, hasRules } from '../schema/cel.ts';
import { decodeTyped, prune } from '../schema/decode.ts';
import { applyDefaults } from '../schema/defaults.ts';
import { validate } from '../schema/validate.ts';
import { alreadyExists, badRequest, conflict, forbidden, invalid, notFound, type Cause } from '../status.ts';
import type { Collection, Store } from '../storage/store.ts';
import { checkMetadata, generatedName } from './names.ts';

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

/** The one way objects are written: decoded, defaulted, checked, accounted to their manager, stored. */
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
    const prefix = metadata['generateName'];
    const given = metadata['name'];
    const name =
      typeof given === 'string' && given
        ? given
        : typeof prefix === 'string' && prefix
          ? generatedName(prefix)
          : '';
    if (!name) {
      const message = 'Required value: name or generateName is required';
      throw invalid(served.resource, '', [{ reason: 'FieldValueRequired', field: 'metadata.name', message }]);
    }
    if (this.find({ served, namespace, name })) throw alreadyExists(served.resource, name);
    return this.#store(
      { served, namespace, name },
      { ...input, metadata: { ...metadata, name } },
      undefined,
      options,
    );
  }

  /** Replaces an object; `change` gets what is stored and returns what should be. */
  update(target: Target, options: WriteOptions, change: (live: KubeObject) => Fields): KubeObject {
    const live = this.get(target);
    const next = change(live);
    const { resourceVersion, uid } = fieldsAt(next, 'metadata');
    if (resourceVersion && resourceVersion !== live.metadata.resourceVersion)
      throw conflict(target.served.resource, target.name);
    if (typeof uid === 'string' && uid && uid !== live.metadata.uid) {
      const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.metadata.uid}`;
      throw conflict(target.served.resource, target.name, why);
    }
    return this.#store(target, next, live, options);
  }

  /** Server-side apply: creates what is absent. */
  apply(
    target: Target,
    applied: Fields,
    options: WriteOptions,
  ): { readonly object: KubeObject; readonly isNew: boolean } {
    const { served } = target;
    const metadata = fieldsAt(applied, 'metadata');
    if (metadata['managedFields'] !== undefined && listAt(metadata, 'managedFields').length > 0)
      throw badRequest('metadata.managedFields must be nil');
    const live = this.find(target);
    if (!live && options.subresource) throw notFound(served.resource, target.name);
    const version = metadata['resourceVersion'];
    if (version && version !== live?.metadata.resourceVersion) throw conflict(served.resource, target.name);
    const decoded = this.#decode(target, applied, options);
    const writer = { ...this.#writer(served, options), force: options.force ?? false };
    const result = applyOver(live, ownable(decoded, served, options), served.version.schema, writer);
    const named = {
      ...result.object,
      metadata: { ...fieldsAt(result.object, 'metadata'), name: target.name },
    };
    const object = this.#store(target, named, live, options, result.managedFields);
    return { object, isNew: live === undefined };
  }

  /** What an object says of itself must agree with where it is sent. */
  checkIdentity({ served, namespace, name }: Target, input: Fields): void {
    const { resource, version } = served;
    const expected = apiVersionOf(resource, version.name);
    const { apiVersion = expected, kind = resource.kind } = input;
    const metadata = fieldsAt(input, 'metadata');
    const { namespace: itsNamespace = '', name: itsName = '' } = metadata;
    if (kind !== resource.kind)
      throw badRequest(
        `${String(kind)} in version "${version.name}" cannot be handled as a ${resource.kind}`,
      );
    if (String(apiVersion).split('/')[0] !== expected.split('/')[0])
      throw badRequest(
        `the API version in the data (${String(apiVersion)}) does not match the expected API version (${expected})`,
      );
    if (itsNamespace !== '' && itsNamespace !== namespace)
      throw badRequest(
        'the namespace of the provided object does not match the namespace sent on the request',
      );
    if (itsName !== '' && itsName !== name)
      throw badRequest(
        `the name of the object (${String(itsName)}) does not match the name on the URL (${name})`,
      );
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
    return {
      manager,
      apiVersion,
      subresource: subresource === '' ? undefined : subresource,
      time: timestamp(this.now()),
    };
  }

  // oxlint-disable-next-line max-params -- one step of the pipeline, private
  #store(
    target: Target,
    input: Fields,
    live: KubeObject | undefined,
    options: WriteOptions,
    managed?: readonly ManagedFieldsEntry[],
  ): KubeObject {
    const { served, namespace } = target;
    const { resource, version } = served;
    const decoded = reset(this.#decode(target, input, options), live, served, options);
    const apiVersion = apiVersionOf(resource, version.name);
    const metadata = this.#metadata(fieldsAt(decoded, 'metadata'), live, namespace);
    const filled = applyDefaults(
      { ...decoded, apiVersion, kind: resource.kind, metadata },
      version.schema,
      resource.defaultsOf,
    );
    const next = structuredClone(filled) as KubeObject;
    resource.prepare?.(next, live);
    if (resource.hasGeneration && live && contentChanged(live, next))
      next.metadata.generation = (live.metadata.generation ?? 0) + 1;
    this.#check(served, next, live);
    if (!live && namespace) this.#checkNamespace(target);
    const managers =
      managed ??
      managedByUser(input, live) ??
      afterUpdate(live, next, version.schema, this.#writer(served, options));
    if (managers.length > 0) next.metadata.managedFields = [...managers];
    else delete next.metadata.managedFields;
    next.apiVersion = apiVersionOf(resource, resource.storageVersion);
    if (live && equal(next, live)) return live;
    if (options.dryRun) return next;
    const { deletionTimestamp, finalizers = [], deletionGracePeriodSeconds = 0 } = next.metadata;
    const isFinished =
      live && deletionTimestamp !== undefined && finalizers.length === 0 && deletionGracePeriodSeconds === 0;
    if (isFinished && !(resource.kind === 'Namespace' && listAt(next, 'spec', 'finalizers').length > 0))
      return this.drop(served, next);
    return this.put(served, next);
  }

  #decode({ served, namespace, name }: Target, input: Fields, options: WriteOptions): Fields {
    const { resource, version } = served;
    this.checkIdentity({ served, namespace, name }, input);
    const subject = `${resource.kind} in version "${version.name}" cannot be handled as a ${resource.kind}`;
    const typed = (path: string, value: unknown, expected: string): never => {
      const found = Array.isArray(value) ? 'array' : typeof value;
      const unmarshal = `json: cannot unmarshal ${found} into Go struct field ${resource.kind}.${path} of type ${expected}`;
      const problem = expected === 'base64' ? 'illegal base64 data' : unmarshal;
      throw badRequest(`${subject}: ${problem}`);
    };
    const partly = resource.isCustom
      ? { $ref: 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' }
      : undefined;
    if (partly) decodeTyped(input['metadata'], partly, 'metadata', typed);
    const decoded = resource.isCustom ? input : decodeTyped(input, version.schema, '', typed);
    const unknown: string[] = [];
    const pruned = prune(decoded, version.schema, '', unknown);
    if (unknown.length > 0) report(unknown, subject, options);
    return isFields(pruned) ? pruned : {};
  }

  #metadata(given: Fields, live: KubeObject | undefined, namespace: string): ObjectMeta {
    const { managedFields: _managed, resourceVersion: _version, selfLink: _link, ...rest } = given;
    for (const part of ['labels', 'annotations', 'finalizers', 'ownerReferences']) {
      const value = rest[part];
      if (value === null || (typeof value === 'object' && Object.keys(value).length === 0)) delete rest[part];
    }
    const kept = live?.metadata;
    const system: Fields = kept
      ? {
          uid: kept.uid,
          creationTimestamp: kept.creationTimestamp,
          resourceVersion: kept.resourceVersion,
          name: kept.name,
        }
      : { uid: randomUUID(), creationTimestamp: timestamp(this.now()), resourceVersion: '' };
    for (const field of ['generation', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'generateName']) {
      if (kept?.[field] !== undefined) system[field] = kept[field];
      else if (field !== 'generateName') delete rest[field];
    }
    if (namespace) system['namespace'] = namespace;
    return { ...rest, ...system } as ObjectMeta;
  }

  #check({ resource, version }: Served, next: KubeObject, live: KubeObject | undefined): void {
    if (resource.hasGeneration) next.metadata.generation ??= 1;
    const causes: Cause[] = live && equal(live.metadata, next.metadata) ? [] : checkMetadata(next, resource);
    const found = validate(next, version.schema, live);
    causes.push(...found);
    if (resource.isCustom && hasRules(version.schema)) {
      if (found.some(({ reason }) => blocksRules.has(reason))) causes.push(unchecked);
      else causes.push(...evaluateRules(next, version.schema, live));
    }
    if (found.length === 0) causes.push(...(resource.check?.(next, live) ?? []));
    if (causes.length > 0) throw invalid(resource, next.metadata.name, causes);
  }

  #checkNamespace({ served, namespace, name }: Target): void {
    const found = this.store.collection('namespaces').get('', namespace);
    if (!found) throw notFound({ group: '', plural: 'namespaces' }, namespace);
    if (found.metadata.deletionTimestamp === undefined) return;
    throw forbidden(
      served.resource,
      name,
      `unable to create new content in namespace ${namespace} because it is being terminated`,
    );
  }
}

/** After such faults a rule could not even be evaluated. */
const blocksRules = new Set(
  ['Required', 'TooLong', 'TooMany', 'TypeInvalid'].map((type) => `FieldValue${type}`),
);
const unchecked: Cause = {
  reason: 'FieldValueInvalid',
  field: '<nil>',
  message:
    'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
};

function report(unknown: readonly string[], subject: string, { fieldValidation, warn }: WriteOptions): void {
  const problems = unknown.map((field) => `unknown field ${JSON.stringify(field)}`);
  if (fieldValidation === 'Strict')
    throw badRequest(`${subject}: strict decoding error: ${problems.join(', ')}`);
  if (fieldValidation === 'Ignore') return;
  for (const problem of problems) warn?.(problem);
}

/** Keeps status writes to the status and other writes away from it. */
function reset(
  next: Fields,
  live: KubeObject | undefined,
  { resource, version }: Served,
  options: WriteOptions,
): Fields {
  if (!version.hasStatus) return next;
  if (options.subresource === 'status' && live) {
    const { status: _status, ...rest } = live;
    return 'status' in next ? { ...rest, status: next['status'] } : rest;
  }
  if (!live && resource.keepsStatus) return next;
  const { status: _status, ...rest } = next;
  return live && 'status' in live ? { ...rest, status: live['status'] } : rest;
}

/** The part of an applied configuration that the addressed (sub)resource takes. */
function ownable(applied: Fields, { resource, version }: Served, { subresource }: WriteOptions): Fields {
  if (subresource === 'status') return 'status' in applied ? { status: applied['status'] } : {};
  if (!version.hasStatus || resource.keepsStatus) return applied;
  const { status: _status, ...rest } = applied;
  return rest;
}

function contentChanged(live: KubeObject, next: KubeObject): boolean {
  return !equal(contentOf(live), contentOf(next));
}

function contentOf({
  metadata: _metadata,
  status: _status,
  apiVersion: _version,
  ...rest
}: KubeObject): Fields {
  return rest;
}

/** Writing an empty list forgets all managers, as on a real server. */
function managedByUser(
  input: Fields,
  live: KubeObject | undefined,
): readonly ManagedFieldsEntry[] | undefined {
  const given = fieldsAt(input, 'metadata')['managedFields'];
  if (!live || !Array.isArray(given)) return undefined;
  const isEmpty =
    given.length === 0 || (given.length === 1 && isFields(given[0]) && Object.keys(given[0]).length === 0);
  return isEmpty && (live.metadata.managedFields?.length ?? 0) > 0 ? [] : undefined;
}
