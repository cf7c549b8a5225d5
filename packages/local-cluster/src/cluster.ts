import { randomBytes } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Objects } from './api/objects.ts';
import { startControllers } from './controllers/start.ts';
import { builtInResources } from './resources/built-in.ts';
import { serveDefinitions } from './resources/custom.ts';
import { Registry } from './resources/registry.ts';
import { createCertificate } from './server/certificates.ts';
import { createHandler } from './server/handler.ts';
import { writeKubeconfig } from './server/kubeconfig.ts';
import { persist } from './storage/persist.ts';
import { Store } from './storage/store.ts';

/** Loopback only: whoever can reach it and has the token may do everything. */
const address = '127.0.0.1';

export interface LocalClusterOptions {
  /** Folder for the kubeconfig, and for the objects when `persist` is set. */
  readonly stateDirectory: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default false: objects are gone at the end. */
  readonly persist?: boolean;
  /** Default Date.now. */
  readonly now?: () => number;
  /** Hears of faults in the engine itself; default: nobody. */
  readonly report?: (error: unknown) => void;
}

export interface LocalCluster {
  readonly url: string;
  readonly kubeconfigPath: string;
  /** Bearer token of the one client identity; it may do everything. */
  readonly token: string;
  /** PEM of the certificate to trust: the server's own. */
  readonly authority: string;
  readonly close: () => Promise<void>;
}

/** Starts an API server with its controllers; ready when the promise resolves. */
export async function startLocalCluster(options: LocalClusterOptions): Promise<LocalCluster> {
  const { stateDirectory, port = 0, now = Date.now, report = () => undefined } = options;
  // Revisions go on from the clock, so that a watcher of an earlier life gets 410 and lists anew.
  const store = new Store(now());
  const flush = options.persist ? persist(store, stateDirectory) : undefined;
  const registry = new Registry(builtInResources());
  serveDefinitions(store, registry);
  const objects = new Objects(store, registry, now);
  createNamespaces(objects);
  const token = randomBytes(24).toString('base64url');
  const { certificate, key } = await createCertificate([address, 'localhost', 'kubernetes'], now());
  const server = createServer(
    { cert: certificate, key, requestTimeout: 0, keepAliveTimeout: 60_000 },
    createHandler({ objects, token, report }),
  );
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
  const url = `https://${address}:${(server.address() as AddressInfo).port}`;
  const kubeconfigPath = writeKubeconfig(stateDirectory, { url, authority: certificate, token });
  const stopControllers = startControllers({ objects, report });
  const close = async (): Promise<void> => {
    stopControllers();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
    flush?.();
  };
  return { url, kubeconfigPath, token, authority: certificate, close };
}

const initialNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease', 'kaito-system'];

function createNamespaces(objects: Objects): void {
  const served = objects.registry.stored('namespaces');
  for (const name of initialNamespaces)
    if (!objects.find({ served, namespace: '', name }))
      objects.create({ served, namespace: '' }, { metadata: { name } }, { manager: 'kaito-local-cluster' });
}
