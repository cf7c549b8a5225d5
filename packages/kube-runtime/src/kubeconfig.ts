import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { load } from 'js-yaml';
import { asRecord, entries, optionalString, KubeconfigError, type Fields } from './kubeconfig-fields.ts';
import { createCredentials, type CredentialSource, type Credentials } from './credentials.ts';

/** How to reach an API server and prove who we are. */
export interface ClusterAccess {
  readonly server: string;
  /** The namespace of the context, `default` unless it names one. */
  readonly namespace: string;
  readonly proxyUrl?: string;
  readonly tlsServerName?: string;
  readonly skipTlsVerify: boolean;
  /** Headers and TLS material for the next request. Cheap: files are read again at most once a minute. */
  credentials(options?: { readonly renew?: boolean }): Promise<Credentials>;
}

export interface KubeconfigOptions {
  /** A file, or several joined by `:`; the first to define a name wins. */
  readonly path?: string | undefined;
  /** Use the pod's service account and nothing else. */
  readonly inCluster?: boolean | undefined;
  /** Another context than the file's current one. */
  readonly context?: string | undefined;
  /** `KUBECONFIG`, `HOME`, `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT` are read from here. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Default `/var/run/secrets/kubernetes.io/serviceaccount`. */
  readonly serviceAccountDirectory?: string;
}

const SERVICE_ACCOUNT_DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Finds the cluster as kubectl does: the given path, else `KUBECONFIG`, else `~/.kube/config`, else the pod's service
 * account. Throws KubeconfigError saying what was looked for.
 */
export async function loadKubeconfig(options: KubeconfigOptions): Promise<ClusterAccess> {
  if (options.inCluster === true) return inClusterAccess(options);
  const named = options.path ?? (options.env['KUBECONFIG'] || undefined);
  if (named !== undefined) return fileAccess(named.split(':').filter(Boolean), options.context);
  const home = options.env['HOME'];
  const fallback = home === undefined ? undefined : join(home, '.kube', 'config');
  if (fallback !== undefined && (await readIfPresent(fallback)) !== undefined) {
    return fileAccess([fallback], options.context);
  }
  if (options.env['KUBERNETES_SERVICE_HOST']) return inClusterAccess(options);
  throw new KubeconfigError(
    `no cluster found: no --kubeconfig, KUBECONFIG is not set, ${fallback ?? '~/.kube/config'} does not exist, and this is no pod`,
  );
}

interface Entry {
  readonly fields: Fields;
  readonly directory: string;
}

async function fileAccess(paths: readonly string[], context: string | undefined): Promise<ClusterAccess> {
  const merged = {
    clusters: new Map<string, Entry>(),
    users: new Map<string, Entry>(),
    contexts: new Map<string, Entry>(),
  };
  let current = context;
  for (const path of paths) {
    const text = await readIfPresent(path);
    // kubectl skips missing files of a list, too; a single missing one is a mistake.
    if (text === undefined && paths.length > 1) continue;
    if (text === undefined) throw new KubeconfigError(`kubeconfig ${path} does not exist`);
    const file = parse(text, path);
    current ??= optionalString(file, 'current-context', path);
    for (const [list, inner] of [
      ['clusters', 'cluster'],
      ['users', 'user'],
      ['contexts', 'context'],
    ] as const) {
      for (const [name, fields] of entries(file, list, inner, path)) {
        if (!merged[list].has(name)) merged[list].set(name, { fields, directory: dirname(resolve(path)) });
      }
    }
  }
  if (!current)
    throw new KubeconfigError(`${paths.join(':')} has no current-context; choose one with --context`);
  const chosen = find(merged.contexts, current, `context ${current}`);
  const clusterName = optionalString(chosen.fields, 'cluster', `context ${current}`) ?? '';
  const userName = optionalString(chosen.fields, 'user', `context ${current}`) ?? '';
  const cluster = find(merged.clusters, clusterName, `cluster ${clusterName} of context ${current}`);
  const user =
    userName === '' ? undefined : find(merged.users, userName, `user ${userName} of context ${current}`);
  return access(
    { name: clusterName, ...cluster },
    { name: userName, fields: user?.fields ?? {}, directory: user?.directory ?? '' },
    optionalString(chosen.fields, 'namespace', `context ${current}`) ?? 'default',
  );
}

function access(
  cluster: Entry & { name: string },
  user: Entry & { name: string },
  namespace: string,
): ClusterAccess {
  const where = `cluster ${cluster.name}`;
  const server = optionalString(cluster.fields, 'server', where);
  if (server === undefined || !URL.canParse(server)) {
    throw new KubeconfigError(`${where}: server is ${JSON.stringify(server)}, not a URL`);
  }
  const proxyUrl = optionalString(cluster.fields, 'proxy-url', where);
  const tlsServerName = optionalString(cluster.fields, 'tls-server-name', where);
  const source: CredentialSource = { cluster, user };
  return {
    server: server.replace(/\/+$/, ''),
    namespace,
    skipTlsVerify: cluster.fields['insecure-skip-tls-verify'] === true,
    ...(proxyUrl === undefined ? {} : { proxyUrl }),
    ...(tlsServerName === undefined ? {} : { tlsServerName }),
    credentials: createCredentials(source),
  };
}

async function inClusterAccess(options: KubeconfigOptions): Promise<ClusterAccess> {
  const host = options.env['KUBERNETES_SERVICE_HOST'];
  const port = options.env['KUBERNETES_SERVICE_PORT'] ?? '443';
  if (!host) throw new KubeconfigError('not in a pod: KUBERNETES_SERVICE_HOST is not set');
  const directory = options.serviceAccountDirectory ?? SERVICE_ACCOUNT_DIRECTORY;
  const namespace = (await readIfPresent(join(directory, 'namespace')))?.trim();
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return access(
    { name: 'in-cluster', fields: { server, 'certificate-authority': join(directory, 'ca.crt') }, directory },
    { name: 'service-account', fields: { tokenFile: join(directory, 'token') }, directory },
    namespace || 'default',
  );
}

function parse(text: string, path: string): Fields {
  try {
    return asRecord(load(text, { filename: path }) ?? {}, path);
  } catch (cause) {
    if (cause instanceof KubeconfigError) throw cause;
    throw new KubeconfigError(
      `${path} is not YAML: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    );
  }
}

function find(map: ReadonlyMap<string, Entry>, name: string, what: string): Entry {
  const entry = map.get(name);
  if (entry !== undefined) return entry;
  throw new KubeconfigError(`kubeconfig has no ${what}; it has ${[...map.keys()].join(', ') || 'none'}`);
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new KubeconfigError(
      `cannot read ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    );
  }
}
