import type { KubeClient } from '../client.ts';
import { KubeApiError, KubeConnectionError } from '../errors.ts';
import { refKey, type KubeObject, type ObjectRef } from '../object.ts';

/** A client of objects in memory, with versions and conflicts. Only what the tests of this package call is there. */
export interface ObjectServer {
  /** A client of its own, so that one of several can be cut off. */
  connect(): ObjectClient;
  objects(): readonly KubeObject[];
  /** `create`, `update`, `patch`, … as they came. */
  readonly writes: string[];
  remove(ref: ObjectRef): void;
}

export interface ObjectClient extends Pick<KubeClient, 'get' | 'create' | 'update' | 'patch'> {
  /** Calls fail from now on, or until set to false. */
  cutOff: boolean;
}

export function createObjectServer(): ObjectServer {
  const objects = new Map<string, KubeObject>();
  const writes: string[] = [];
  let version = 0;

  function store(verb: string, object: KubeObject): KubeObject {
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(++version) } };
    objects.set(refKey(object.metadata), stored);
    writes.push(verb);
    return stored;
  }

  function find(ref: ObjectRef): KubeObject {
    const object = objects.get(refKey(ref));
    if (object === undefined) throw refusal(404, 'NotFound');
    return object;
  }

  function connect(): ObjectClient {
    const client = {
      cutOff: false,
      get: (_: unknown, ref: ObjectRef) => answer(() => find(ref)),
      create: (_: unknown, object: KubeObject) =>
        answer(() => {
          if (objects.has(refKey(object.metadata))) throw refusal(409, 'AlreadyExists');
          return store('create', object);
        }),
      update: (_: unknown, object: KubeObject) =>
        answer(() => {
          const { resourceVersion } = object.metadata;
          const live = find(object.metadata);
          if (resourceVersion !== undefined && resourceVersion !== live.metadata.resourceVersion)
            throw refusal(409, 'Conflict');
          return store('update', object);
        }),
      patch: (_: unknown, ref: ObjectRef, change: { value?: object }) =>
        answer(() => store('patch', { ...find(ref), ...change.value })),
    };
    async function answer<T>(work: () => T): Promise<T> {
      await Promise.resolve();
      if (client.cutOff)
        throw new KubeConnectionError('request', 'ECONNREFUSED', {
          cause: new Error('cut off'),
          maybeSent: false,
        });
      return work();
    }
    return client as unknown as ObjectClient;
  }

  return {
    connect,
    writes,
    objects: () => [...objects.values()],
    remove: (ref) => void objects.delete(refKey(ref)),
  };
}

function refusal(code: number, reason: string): KubeApiError {
  return new KubeApiError({ code, reason, message: reason, causes: [] }, 'request');
}
