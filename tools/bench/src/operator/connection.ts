import { createClient, createTransport, loadKubeconfig, type KubeClient } from '@kaito-ts/kube-runtime';

export interface Connection {
  readonly client: KubeClient;
  readonly close: () => Promise<void>;
}

/** Not the operator's user agent: the audit log must tell the two apart. */
export async function connect(kubeconfigPath: string): Promise<Connection> {
  const access = await loadKubeconfig({ path: kubeconfigPath, env: {} });
  const transport = createTransport(access, { userAgent: 'kaito-bench/1', connections: 32 });
  return { client: createClient(transport), close: () => transport.close() };
}
