import type { Workspace } from '@kaito-ts/api-types';
import { apiGroup, workspaceNames, workspaceVersions } from '@kaito-ts/api-types';
import {
  isAlreadyExists,
  kinds,
  type KubeClient,
  type KubeObject,
  type ResourceKind,
} from '@kaito-ts/kube-runtime';

export const workspaceKind: ResourceKind<KubeObject & Workspace> = {
  group: apiGroup,
  version: workspaceVersions.storage,
  plural: workspaceNames.plural,
  kind: workspaceNames.kind,
  namespaced: true,
};

export interface FleetOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly preset: string;
  /** Labels of the nodes that the Workspaces may use. */
  readonly nodeLabels: Readonly<Record<string, string>>;
}

/** Requests on their way at once: enough to keep the API server busy, so few that none waits long. */
const CONCURRENT_APPLIES = 24;

export async function ensureNamespace(client: KubeClient, name: string): Promise<void> {
  try {
    await client.create(kinds.namespaces, { metadata: { name } });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}

export function createWorkspace(
  { client, namespace, preset, nodeLabels }: FleetOptions,
  name: string,
): Promise<KubeObject> {
  return client.create(workspaceKind, {
    metadata: { name, namespace },
    resource: { labelSelector: { matchLabels: nodeLabels } },
    inference: { preset: { name: preset } },
  });
}

/** Creates the Workspaces as fast as the API server takes them; returns when each was sent. */
export async function createFleet(
  options: FleetOptions,
  names: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const sentAt = new Map<string, number>();
  const waiting = names.values();
  const work = async (): Promise<void> => {
    for (const name of waiting) {
      sentAt.set(name, performance.now());
      await createWorkspace(options, name);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT_APPLIES }, work));
  return sentAt;
}
