import { kinds, type KubeClient } from '@kaito-ts/kube-runtime';
import { karpenterDefinitions } from './definitions.ts';

const patienceMilliseconds = 30_000;

/** Installs NodePool, NodeClaim and the NodeClasses, and waits until the API server serves them. */
export async function installKarpenterCrds(client: KubeClient): Promise<void> {
  const definitions = karpenterDefinitions();
  for (const definition of definitions) {
    await client.apply(kinds.customResourceDefinitions, definition, {
      fieldManager: 'kaito-fake-provider',
      force: true,
    });
  }
  const end = performance.now() + patienceMilliseconds;
  for (const { metadata } of definitions) {
    while (!(await isEstablished(client, metadata.name))) {
      if (performance.now() > end) throw new Error(`${metadata.name} is not served in time`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function isEstablished(client: KubeClient, name: string): Promise<boolean> {
  const { status } = await client.get(kinds.customResourceDefinitions, { name });
  const conditions: readonly { type: string; status: string }[] = status?.conditions ?? [];
  return conditions.some((condition) => condition.type === 'Established' && condition.status === 'True');
}
