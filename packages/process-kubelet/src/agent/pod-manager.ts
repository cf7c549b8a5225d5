import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Reflector, type KubeClient, type Logger } from '@kaito-ts/kube-runtime';
import type { Pod } from '../pod/pod.ts';
import { podKind } from './pod-api.ts';
import { podDirectoryName, PodWorker } from './pod-worker.ts';
import type { NodeServices } from './services.ts';

/** Beyond the containers' own grace: time to kill, to report, and to notice. */
const stopPatienceMilliseconds = 5000;

export interface PodManager {
  /** Follows the pods of this node until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  readonly pods: readonly Pod[];
  find(namespace: string, name: string): PodWorker | undefined;
  /** Ends every process of every pod. */
  stop(graceSeconds: number): Promise<void>;
}

export interface PodManagerOptions {
  readonly client: KubeClient;
  readonly nodeName: string;
  readonly services: NodeServices;
  readonly logger: Logger;
}

export function createPodManager({ client, nodeName, services, logger }: PodManagerOptions): PodManager {
  const workers = new Map<string, PodWorker>();
  let stopping = false;
  const reflector = new Reflector<Pod>({
    client,
    kind: podKind,
    fieldSelector: `spec.nodeName=${nodeName}`,
    logger,
  });

  const upsert = (pod: Pod): void => {
    const uid = pod.metadata.uid ?? '';
    const worker = workers.get(uid);
    if (worker !== undefined) worker.update(pod);
    else if (!stopping) workers.set(uid, new PodWorker(pod, services, () => workers.delete(uid)));
  };
  const remove = (pod: Pod): void => workers.get(pod.metadata.uid ?? '')?.remove();
  reflector.onChange((change) => {
    // A pod that was deleted and made anew under its name, while nobody watched, comes as an update.
    if (change.type === 'updated' && change.previous.metadata.uid !== change.object.metadata.uid)
      remove(change.previous);
    if (change.type === 'deleted') remove(change.object);
    else upsert(change.object);
  });

  return {
    async run(signal) {
      void reflector.synced.then(async () =>
        removeStrayFolders(services.podsDirectory, reflector.store.list()),
      );
      await reflector.run(signal);
    },
    get pods() {
      return [...workers.values()].map(({ pod }) => pod);
    },
    find: (namespace, name) =>
      // The newest: an older pod of that name may still be ending.
      [...workers.values()].findLast(
        ({ pod: { metadata } }) => metadata.name === name && (metadata.namespace ?? 'default') === namespace,
      ),
    async stop(graceSeconds) {
      stopping = true;
      const all = Promise.all([...workers.values()].map(async (worker) => worker.stop(graceSeconds)));
      await Promise.race([
        all,
        delay(graceSeconds * 1000 + stopPatienceMilliseconds, undefined, { ref: false }),
      ]);
    },
  };
}

/** Folders of pods that went away while no agent was running. */
async function removeStrayFolders(directory: string, pods: readonly Pod[]): Promise<void> {
  const known = new Set(pods.map(({ metadata }) => podDirectoryName(metadata.uid ?? '')));
  for (const name of await readdir(directory)) {
    if (!known.has(name)) await rm(join(directory, name), { recursive: true, force: true });
  }
}
