import { createRelease, release as place, type Release } from '@kaito-ts/chart';
import { ignoreNotFound, kinds, type KubeClient, type Pod } from '@kaito-ts/kube-runtime';
import type { RealNode } from '@kaito-ts/real-cluster';
import { containersOf } from './containers.ts';
import { until } from './until.ts';

/** A lease is free 12 seconds after its holder's last sign of life, and looked for every two. */
const TAKEOVER_SECONDS = 60;

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

  async function leading(): Promise<string> {
    return until(TAKEOVER_SECONDS, 'an operator holds the Lease', leader);
  }

  return {
    release: createRelease(kubeconfigPath),
    pods,
    leader,
    killLeader: async () => {
      const before = await leading();
      const podName = before.slice(0, before.lastIndexOf('_'));
      const containers = await containersOf(node);
      const killed = containers.find(({ environment }) => environment.get('POD_NAME') === podName);
      if (killed === undefined) throw new Error(`no container of this node has POD_NAME=${podName}`);
      const restarts = restartsOf(await pods(), podName);
      process.kill(killed.root.pid, 'SIGKILL');
      let last: readonly Pod[] = [];
      let holder: string | undefined;
      await until(
        TAKEOVER_SECONDS,
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
