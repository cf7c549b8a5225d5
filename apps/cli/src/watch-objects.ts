import { setTimeout as delay } from 'node:timers/promises';
import { isTransient, keyOf, type KubeClient, type KubeObject, type ResourceKind } from '@kaito-ts/kube-runtime';

export interface ObjectWatch {
  /** Resolves after the first complete look. */
  readonly synced: Promise<void>;
  close(): Promise<void>;
}

const RETRY_MILLISECONDS = 500;

/** Calls `onChange` with all objects of a kind, first when they are listed and again after every change. */
export function watchObjects<T extends KubeObject>(
  client: KubeClient,
  kind: ResourceKind<T>,
  onChange: (objects: readonly T[]) => Promise<void>,
): ObjectWatch {
  const abort = new AbortController();
  const synced = Promise.withResolvers<void>();
  const running = follow();
  running.catch(synced.reject);

  async function follow(): Promise<void> {
    while (!abort.signal.aborted) {
      try {
        await followOnce();
      } catch (error) {
        if (abort.signal.aborted) return;
        if (!isTransient(error)) throw error;
        await delay(RETRY_MILLISECONDS);
      }
    }
  }

  /** Lists anew each time the watch ends, which heals whatever was missed. */
  async function followOnce(): Promise<void> {
    const { items, resourceVersion } = await client.list(kind, { signal: abort.signal });
    const objects = new Map(items.map((item) => [keyOf(item), item]));
    await onChange([...objects.values()]);
    synced.resolve();
    for await (const event of client.watch(kind, { resourceVersion, signal: abort.signal })) {
      if (event.type === 'BOOKMARK') continue;
      if (event.type === 'DELETED') objects.delete(keyOf(event.object));
      else objects.set(keyOf(event.object), event.object);
      await onChange([...objects.values()]);
    }
  }

  return {
    synced: synced.promise,
    close: async () => {
      abort.abort();
      await running.catch(() => {});
    },
  };
}
