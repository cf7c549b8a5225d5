import {
  createClient,
  createTransport,
  loadKubeconfig,
  type KubeClient,
  type KubeObject,
  type ResourceKind,
} from '@kaito-ts/kube-runtime';
import type { Workspace } from '@kaito-ts/api-types';
import { version } from './version.ts';

/** A Workspace as the API server returns it. */
export type StoredWorkspace = KubeObject & Omit<Workspace, 'metadata' | 'apiVersion' | 'kind'>;

export const workspaces: ResourceKind<StoredWorkspace> = {
  group: 'kaito.sh',
  version: 'v1beta1',
  plural: 'workspaces',
  kind: 'Workspace',
  namespaced: true,
};

export interface ConnectOptions {
  /** Default: `KUBECONFIG`, then kubectl's own places. */
  readonly kubeconfigPath?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface Connection {
  readonly client: KubeClient;
  /** The namespace of the kubeconfig's context. */
  readonly namespace: string;
  close(): Promise<void>;
}

export async function connect({ kubeconfigPath, environment }: ConnectOptions): Promise<Connection> {
  const access = await loadKubeconfig({ path: kubeconfigPath, env: environment });
  const transport = createTransport(access, { userAgent: `kaito/${version}` });
  return { client: createClient(transport), namespace: access.namespace, close: () => transport.close() };
}
