import {
  createClient,
  createTransport,
  kinds,
  loadKubeconfig,
  type ClusterAccess,
  type KubeClient,
} from '@kaito-ts/kube-runtime';
import { lastLines, logPath } from './daemon.ts';
import { createKwokNodes } from './kwok-nodes.ts';
import { isAlive, type ProcessIdentity } from './process-identity.ts';
import type { BinaryName } from './versions.ts';
import { GiveUpError, waitFor } from './wait-for.ts';

/** A busy machine with cold caches takes its time. */
const START_MILLISECONDS = 120_000;

export interface StartingServer {
  readonly url: string;
  readonly token: string;
  readonly directory: string;
  readonly processes: Readonly<Record<string, ProcessIdentity>>;
}

/** Resolves when the API server is ready; throws with its last words when it or etcd has ended. */
export async function awaitApiServer(server: StartingServer): Promise<void> {
  const transport = createTransport(insecureAccess(server), { userAgent: 'real-cluster' });
  const retryPolicy = { retries: 0, firstDelayMilliseconds: 0, longestRetryAfterSeconds: 0 };
  const client = createClient(transport, { retryPolicy });
  try {
    await waitFor('kube-apiserver', () => ready(client, server), { milliseconds: START_MILLISECONDS });
  } finally {
    await transport.close();
  }
}

/** Makes the nodes that kwok plays; resolves when they are ready and pods can be made. */
export async function makeNodes(kubeconfigPath: string, count: number): Promise<void> {
  const access = await loadKubeconfig({ path: kubeconfigPath, env: {} });
  const transport = createTransport(access, { userAgent: 'real-cluster' });
  const client = createClient(transport);
  try {
    await createKwokNodes(client, count);
    await waitFor('nodes and the first service account', () => podsCanBeMade(client, count), {
      milliseconds: START_MILLISECONDS,
    });
  } finally {
    await transport.close();
  }
}

/** Before the certificate is there, only the address can be trusted; it is this machine's. */
function insecureAccess({ url, token }: StartingServer): ClusterAccess {
  const headers = { authorization: `Bearer ${token}` };
  return {
    server: url,
    namespace: 'default',
    skipTlsVerify: true,
    credentials: () => Promise.resolve({ headers, tls: {} }),
  };
}

async function ready(
  client: KubeClient,
  { processes, directory }: StartingServer,
): Promise<true | undefined> {
  for (const name of ['etcd', 'kube-apiserver'] satisfies BinaryName[]) {
    const identity = processes[name];
    if (identity === undefined || (await isAlive(identity))) continue;
    throw new GiveUpError(`${name} ended:\n${await lastLines(logPath(directory, name), 10)}`);
  }
  const { body } = await client.raw({ method: 'GET', path: '/readyz', timeoutMilliseconds: 2_000 });
  return body.trim() === 'ok' ? true : undefined;
}

/** Pods are refused until their namespace has its service account, and pend until there is a node. */
async function podsCanBeMade(client: KubeClient, nodes: number): Promise<true | undefined> {
  await client.get(kinds.serviceAccounts, { namespace: 'default', name: 'default' });
  const { items } = await client.list(kinds.nodes);
  return items.filter(({ status }) => status?.conditions?.some(isReady)).length >= nodes ? true : undefined;
}

function isReady({ type, status }: { readonly type: string; readonly status: string }): boolean {
  return type === 'Ready' && status === 'True';
}
