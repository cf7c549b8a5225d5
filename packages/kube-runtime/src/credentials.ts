import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { optionalString, KubeconfigError, type Fields } from './kubeconfig-fields.ts';

/** What goes with a request. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

export interface CredentialSource {
  readonly cluster: { readonly name: string; readonly fields: Fields; readonly directory: string };
  readonly user: { readonly name: string; readonly fields: Fields; readonly directory: string };
}

/** Service account tokens and client certificates are rotated on disk well before they end. */
const REREAD_MILLISECONDS = 60_000;

type CredentialFunction = (options?: { readonly renew?: boolean }) => Promise<Credentials>;

/** Reads tokens and certificates by itself; exec plugins and auth providers are client-node's work, loaded when met. */
export function createCredentials(
  source: CredentialSource,
  now: () => number = () => performance.now(),
): CredentialFunction {
  let cached: { readonly at: number; readonly value: Promise<Credentials> } | undefined;
  const plugin = usesPlugin(source.user.fields) ? pluginCredentials(source) : undefined;
  return ({ renew = false } = {}) => {
    // A plugin caches by its own expiry; a minute's cache before it would hand out expired tokens.
    if (plugin !== undefined) return plugin(renew);
    if (renew || cached === undefined || now() - cached.at > REREAD_MILLISECONDS) {
      const value = read(source);
      value.catch(() => (cached = undefined));
      cached = { at: now(), value };
    }
    return cached.value;
  };
}

function usesPlugin(user: Fields): boolean {
  return user['exec'] !== undefined || user['auth-provider'] !== undefined;
}

async function read({ cluster, user }: CredentialSource): Promise<Credentials> {
  const [ca, cert, key, tokenFile] = await Promise.all([
    dataOrFile(cluster, 'certificate-authority'),
    dataOrFile(user, 'client-certificate'),
    dataOrFile(user, 'client-key'),
    fileText(user, 'tokenFile'),
  ]);
  const where = `user ${user.name}`;
  // As in client-go, a token file wins over a token.
  const token = tokenFile?.trim() || optionalString(user.fields, 'token', where);
  const name = optionalString(user.fields, 'username', where);
  const basic = `${name}:${optionalString(user.fields, 'password', where) ?? ''}`;
  return {
    headers: {
      ...(name === undefined ? {} : { authorization: `Basic ${Buffer.from(basic).toString('base64')}` }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...impersonation(user.fields, where),
    },
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    },
  };
}

function impersonation(user: Fields, where: string): Record<string, string> {
  const as = optionalString(user, 'as', where);
  return as === undefined ? {} : { 'impersonate-user': as };
}

type Holder = CredentialSource['cluster'];

async function dataOrFile(holder: Holder, field: string): Promise<string | undefined> {
  const data = optionalString(holder.fields, `${field}-data`, holder.name);
  return data === undefined ? fileText(holder, field) : Buffer.from(data, 'base64').toString('utf8');
}

async function fileText(holder: Holder, field: string): Promise<string | undefined> {
  const file = optionalString(holder.fields, field, holder.name);
  if (file === undefined) return undefined;
  const path = isAbsolute(file) ? file : join(holder.directory, file);
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new KubeconfigError(`${holder.name}: cannot read ${field} ${path}`, cause);
  }
}

function pluginCredentials(source: CredentialSource): (renew: boolean) => Promise<Credentials> {
  let config: Promise<PluginConfig> | undefined;
  return async (renew) => {
    if (renew) config = undefined;
    config ??= loadPlugin(source);
    const options: PluginOptions = { headers: {} };
    const { headers, tls } = await read(source);
    await (await config).applyToHTTPSOptions(options);
    const cert = options.cert?.toString() ?? tls.cert;
    const key = options.key?.toString() ?? tls.key;
    const fromPlugin = Object.entries(options.headers ?? {}).map(
      ([name, value]) => [name.toLowerCase(), String(value)] as const,
    );
    return {
      headers: { ...headers, ...Object.fromEntries(fromPlugin) },
      tls: { ...tls, ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) },
    };
  };
}

interface PluginOptions {
  headers?: Record<string, unknown>;
  cert?: string | Buffer;
  key?: string | Buffer;
}

interface PluginConfig {
  applyToHTTPSOptions(options: PluginOptions): Promise<void>;
}

async function loadPlugin({ cluster, user }: CredentialSource): Promise<PluginConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromString(
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'cluster', cluster: { ...cluster.fields, 'certificate-authority': undefined } }],
      users: [{ name: user.name, user: user.fields }],
      contexts: [{ name: 'context', context: { cluster: 'cluster', user: user.name } }],
      'current-context': 'context',
    }),
  );
  config.makePathsAbsolute(user.directory);
  return config;
}
