import { setTimeout as delay } from 'node:timers/promises';
import { customResourceDefinitions } from '@kaito-ts/api-types';
import { kinds, type Applied, type CustomResourceDefinition, type KubeClient } from '@kaito-ts/kube-runtime';

/** Applies every CRD of ours and waits until the API server serves it. */
export async function applyCustomResourceDefinitions(client: KubeClient): Promise<void> {
  await Promise.all(customResourceDefinitions().map((definition) => applyOne(client, definition)));
}

async function applyOne(client: KubeClient, definition: unknown): Promise<void> {
  const applied = definition as Applied<CustomResourceDefinition>;
  await client.apply(kinds.customResourceDefinitions, applied, { fieldManager: 'kaito', force: true });
  for (;;) {
    const { status } = await client.get(kinds.customResourceDefinitions, applied.metadata);
    const established = status?.conditions?.find(({ type }) => type === 'Established');
    if (established?.status === 'True') return;
    await delay(50);
  }
}
