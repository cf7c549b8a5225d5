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

export interface ManagedPools {
  for(tls: Credentials['tls']): ConnectionPools;
  /**
   * Takes a pool out of use after a connection of it failed. undici's HTTP/2 client may be left with a queue that never
   * moves when a server dies in the middle of many requests: all that came later timed out, for ever.
   */
  retire(kind: keyof ConnectionPools, failed: Dispatcher): void;
  close(): Promise<void>;
}

/** Pools by TLS material: when that changes, new requests get new connections. */
export function createConnectionPools(access: ClusterAccess, connections: number): ManagedPools {
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
      if (current !== undefined) void finish(current.requests, current.streams);
      current = { tls, requests: dispatcher(access, tls, connections), streams: dispatcher(access, tls) };
      return current;
    },
    retire: (kind, failed) => {
      if (current === undefined || current[kind] !== failed) return;
      const successor = dispatcher(access, current.tls, kind === 'requests' ? connections : undefined);
      current = { ...current, [kind]: successor };
      void finish(failed);
    },
    close,
  };
}

/** What still runs on them may end; each request has its deadline. */
async function finish(...pools: readonly Dispatcher[]): Promise<void> {
  await Promise.all(pools.map((pool) => pool.close()));
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
