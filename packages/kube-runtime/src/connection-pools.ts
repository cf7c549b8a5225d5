import { Agent, ProxyAgent, type Dispatcher } from 'undici';
import type { Credentials } from './credentials.ts';
import type { ClusterAccess } from './kubeconfig.ts';

/** Below the API server's own idle timeout of 90 s, so that it is us who close. */
const KEEP_ALIVE_MILLISECONDS = 45_000;

/** The connections to one server with one set of certificates. */
export interface ConnectionPools {
  readonly requests: Dispatcher;
  /** Watches and logs hold their connection, so they must not use up the slots of requests. */
  readonly streams: Dispatcher;
}

/** Pools by TLS material: when that changes, new requests get new connections. */
export function createConnectionPools(
  access: ClusterAccess,
  connections: number,
): { for(tls: Credentials['tls']): ConnectionPools; close(): Promise<void> } {
  let current: (ConnectionPools & { readonly tls: Credentials['tls'] }) | undefined;
  const close = async (): Promise<void> => {
    const old = current;
    current = undefined;
    // Streams never end by themselves, so close() would wait for ever.
    if (old !== undefined) await Promise.all([old.requests.close(), old.streams.destroy()]);
  };
  return {
    for: (tls) => {
      if (current !== undefined && sameTls(current.tls, tls)) return current;
      if (current !== undefined) void retire(current);
      current = { tls, requests: dispatcher(access, tls, connections), streams: dispatcher(access, tls) };
      return current;
    },
    close,
  };
}

/** Running requests and watches may finish on the old certificates. */
async function retire({ requests, streams }: ConnectionPools): Promise<void> {
  await Promise.all([requests.close(), streams.close()]);
}

function sameTls(a: Credentials['tls'], b: Credentials['tls']): boolean {
  return a === b || (a.ca === b.ca && a.cert === b.cert && a.key === b.key);
}

function dispatcher(access: ClusterAccess, tls: Credentials['tls'], connections?: number): Dispatcher {
  const connect = {
    ...tls,
    rejectUnauthorized: !access.skipTlsVerify,
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
    timeout: 10_000,
    ...(access.tlsServerName === undefined ? {} : { servername: access.tlsServerName }),
  };
  const pool = {
    keepAliveTimeout: KEEP_ALIVE_MILLISECONDS,
    ...(connections === undefined ? {} : { connections }),
  };
  if (access.proxyUrl === undefined) return new Agent({ ...pool, connect });
  return new ProxyAgent({ ...pool, uri: access.proxyUrl, requestTls: connect });
}
