import { createRelease, release as place, type Release } from '@kaito-ts/chart';
import { ignoreNotFound, kinds, type KubeClient, type Pod } from '@kaito-ts/kube-runtime';
import type { RealNode } from '@kaito-ts/real-cluster';
import { containersOf, type Container } from './containers.ts';
import { patienceSeconds, until } from './until.ts';

/** The operator as pods of its chart's release. */
export interface InstalledOperator {
  readonly release: Release;
  pods(): Promise<readonly Pod[]>;
  /** Whoever holds the Lease, as `POD_random`; undefined when nobody does. */
  leader(): Promise<string | undefined>;
  /** SIGKILL for the leader's container; resolves when another one leads and every pod is ready again. */
  killLeader(): Promise<void>;
}

export function installedOperator(
  client: KubeClient,
  node: RealNode,
  kubeconfigPath: string,
): InstalledOperator {
  const { name, namespace } = place;

  async function pods(): Promise<readonly Pod[]> {
    const labelSelector = `app.kubernetes.io/instance=${name}`;
    return (await client.list(kinds.pods, { namespace, labelSelector })).items;
  }

  async function leader(): Promise<string | undefined> {
    const lease = await ignoreNotFound(client.get(kinds.leases, { namespace, name: 'kaito-operator' }));
    return lease?.spec?.holderIdentity || undefined;
  }

  /** The holder of the Lease; not one that has just ended, before another one takes it. */
  async function leading(): Promise<{ readonly holder: string; readonly container: Container }> {
    let holder: string | undefined;
    return until(
      patienceSeconds,
      () => `the Lease's holder, ${holder}, is a container of this node`,
      async () => {
        holder = await leader();
        const podName = podOf(holder ?? '');
        const containers = await containersOf(node);
        const container = containers.find(({ environment }) => environment.get('POD_NAME') === podName);
        return holder !== undefined && container !== undefined && { holder, container };
      },
    );
  }

  return {
    release: createRelease(kubeconfigPath),
    pods,
    leader,
    killLeader: async () => {
      const { holder: before, container } = await leading();
      const podName = podOf(before);
      const restarts = restartsOf(await pods(), podName);
      process.kill(container.root.pid, 'SIGKILL');
      let last: readonly Pod[] = [];
      let holder: string | undefined;
      await until(
        patienceSeconds,
        () => `another operator than ${before} leads (now ${holder}), and all run: ${describePods(last)}`,
        async () => {
          [last, holder] = await Promise.all([pods(), leader()]);
          const again = restartsOf(last, podName) > restarts && last.every(isReady);
          return again && holder !== undefined && holder !== before;
        },
      );
    },
  };
}

/** Of `POD_random`. */
function podOf(holder: string): string {
  return holder.slice(0, holder.lastIndexOf('_'));
}

function isReady({ status }: Pod): boolean {
  return status?.containerStatuses?.every(({ ready }) => ready) ?? false;
}

function restartsOf(pods: readonly Pod[], name: string): number {
  const pod = pods.find(({ metadata }) => metadata.name === name);
  return pod?.status?.containerStatuses?.[0]?.restartCount ?? 0;
}

function describePods(pods: readonly Pod[]): string {
  return pods
    .map(
      ({ metadata, status }) => `${metadata.name} ${JSON.stringify(status?.containerStatuses?.[0]?.state)}`,
    )
    .join(', ');
}
