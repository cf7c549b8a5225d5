import { controllerOf, kinds, Reflector, type KubeClient, type KubeObject } from '@kaito-ts/kube-runtime';
import { setTimeout as wait } from 'node:timers/promises';
import { labels, workspaceNames } from '@kaito-ts/api-types';

/** Sees from outside what an operator brings about: workloads and running pods. */
export interface Observer {
  /** When the first Deployment or StatefulSet of a Workspace was seen. */
  readonly workloadSeenAt: ReadonlyMap<string, number>;
  /** Workspaces that have a running pod. */
  readonly running: ReadonlySet<string>;
  workloadsOf(name: string): readonly string[];
  stop(): Promise<void>;
}

export async function observe(client: KubeClient, namespace: string): Promise<Observer> {
  const workloadSeenAt = new Map<string, number>();
  const running = new Set<string>();
  const workloads = new Map<string, Set<string>>();
  const stop = new AbortController();
  const slim = <T extends KubeObject>({ metadata }: T): T => {
    const { name, uid, resourceVersion, ownerReferences } = metadata;
    return { metadata: { name, namespace, uid, resourceVersion, ownerReferences } } as T;
  };
  const sources = [kinds.deployments, kinds.statefulSets].map((kind) => {
    const reflector = new Reflector<KubeObject>({ client, kind, namespace, transform: slim });
    reflector.onChange(({ type, object }) => {
      const owner = controllerOf(object);
      if (owner?.kind !== workspaceNames.kind) return;
      if (type === 'added' && !workloadSeenAt.has(owner.name))
        workloadSeenAt.set(owner.name, performance.now());
      const names = workloads.get(owner.name) ?? new Set();
      workloads.set(owner.name, names);
      const name = `${kind.kind}/${object.metadata.name}`;
      if (type === 'deleted') names.delete(name);
      else names.add(name);
    });
    return reflector;
  });
  const pods = new Reflector({ client, kind: kinds.pods, namespace, labelSelector: labels.workspace });
  pods.onChange(({ type, object: { metadata, status } }) => {
    const name = metadata.labels?.[labels.workspace];
    if (name === undefined) return;
    if (type === 'deleted') running.delete(name);
    else if (status?.phase === 'Running') running.add(name);
  });
  const runs = [...sources, pods].map(async (reflector) => reflector.run(stop.signal));
  await Promise.all([...sources, pods].map(({ synced }) => synced));
  return {
    workloadSeenAt,
    running,
    workloadsOf: (name) => [...(workloads.get(name) ?? [])],
    stop: async () => {
      stop.abort();
      await Promise.all(runs);
    },
  };
}

/** How often a condition is looked at; it costs nothing but this process's own time. */
const POLL_MILLISECONDS = 10;

/** Resolves with true when the condition holds, with false when it has not within the time. */
export async function within(
  milliseconds: number,
  holds: () => boolean,
  signal?: AbortSignal,
): Promise<boolean> {
  const end = performance.now() + milliseconds;
  while (!holds()) {
    if (performance.now() > end) return false;
    await wait(POLL_MILLISECONDS, undefined, { ...(signal !== undefined && { signal }) });
  }
  return true;
}
