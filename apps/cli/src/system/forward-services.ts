import { createServer, connect, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { kinds, Reflector, type EndpointSlice, type KubeClient } from '@kaito-ts/kube-runtime';

/** Local ports begin here, one per Workspace, in the order in which they appear. */
const FIRST_PORT = 8080;

const SERVICE_LABEL = 'kubernetes.io/service-name';

export interface Endpoints {
  /** `namespace/workspace` → `http://127.0.0.1:PORT`, which stays the same while the system runs. */
  current(): ReadonlyMap<string, string>;
  /** Waits until the Workspace's Service is known. */
  urlOf(workspace: string, signal: AbortSignal): Promise<string>;
  onChange(listener: () => Promise<void>): void;
  close(): Promise<void>;
}

export interface ForwardOptions {
  readonly client: KubeClient;
  readonly onEndpoint: (workspace: string, url: string) => void;
}

interface Forward {
  readonly url: string;
  readonly server: Server;
  targets: readonly Target[];
}

interface Target {
  readonly host: string;
  readonly port: number;
}

/**
 * What a cluster's service proxy does, for one machine: a local TCP port per Workspace, led to the ready pods behind its
 * Service. A connection made while there is none gets an OpenAI error with status 503.
 */
export async function startServiceForwarding({ client, onEndpoint }: ForwardOptions): Promise<Endpoints> {
  const forwards = new Map<string, Forward>();
  let listener = nothing;
  let nextPort = FIRST_PORT;

  const abort = new AbortController();
  const slices = new Reflector({ client, kind: kinds.endpointSlices });
  const running = slices.run(abort.signal);
  const follow = async (): Promise<void> => {
    const targets = targetsByService(slices.store.list());
    for (const [service, addresses] of targets) {
      const known = forwards.get(service);
      if (known === undefined) await open(service, addresses);
      else known.targets = addresses;
    }
    for (const [service, forward] of forwards) if (!targets.has(service)) forward.targets = [];
  };
  // One after the other: opening a port takes a moment, and the next change must not open it again.
  let turn: Promise<void> = slices.synced.then(follow);
  slices.onChange(() => {
    turn = turn.then(follow);
  });
  await turn;

  async function open(service: string, targets: readonly Target[]): Promise<void> {
    const forward = { targets } as Forward;
    const server = createServer((socket) => forwardConnection(socket, forward.targets));
    nextPort = (await listenFrom(server, nextPort)) + 1;
    const url = `http://127.0.0.1:${nextPort - 1}`;
    forwards.set(service, Object.assign(forward, { server, url }));
    await listener();
    onEndpoint(service, url);
  }

  return {
    current: () => new Map([...forwards].map(([service, { url }]) => [service, url])),
    urlOf: async (workspace, signal) => {
      for (;;) {
        const known = forwards.get(workspace);
        if (known !== undefined) return known.url;
        await delay(20, undefined, { signal });
      }
    },
    onChange: (next) => {
      listener = next;
    },
    close: async () => {
      abort.abort();
      await running;
      for (const { server } of forwards.values()) server.close();
    },
  };
}

/** Services with a port named `http`, as every Workspace's is; headless ones name no port to forward to. */
function targetsByService(slices: readonly EndpointSlice[]): ReadonlyMap<string, readonly Target[]> {
  const targets = new Map<string, readonly Target[]>();
  for (const slice of slices) {
    const service = slice.metadata.labels?.[SERVICE_LABEL];
    const port = slice.ports?.find(({ name }) => name === 'http')?.port;
    if (service === undefined || port === undefined) continue;
    const key = `${slice.metadata.namespace}/${service}`;
    const ready = (slice.endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
    const found = ready.flatMap(({ addresses }) => addresses.map((host) => ({ host, port })));
    targets.set(key, [...(targets.get(key) ?? []), ...found]);
  }
  return targets;
}

function forwardConnection(client: Socket, targets: readonly Target[]): void {
  client.on('error', () => client.destroy());
  const target = targets[Math.floor(Math.random() * targets.length)];
  if (target === undefined) {
    client.end(unavailable('no pod of this Workspace is ready; kaito status says why'));
    return;
  }
  const upstream = connect({ ...target, noDelay: true });
  client.setNoDelay(true);
  upstream.on('error', () => client.destroy());
  client.on('close', () => upstream.destroy());
  upstream.on('close', () => client.destroy());
  client.pipe(upstream).pipe(client);
}

function unavailable(message: string): string {
  const body = JSON.stringify({
    error: { message, type: 'service_unavailable', param: null, code: 'no_ready_pod' },
  });
  return [
    'HTTP/1.1 503 Service Unavailable',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'retry-after: 2',
    'connection: close',
    '',
    body,
  ].join('\r\n');
}

async function listenFrom(server: Server, firstPort: number): Promise<number> {
  for (let port = firstPort; port < firstPort + 1000; port += 1) {
    server.listen(port, '127.0.0.1');
    const outcome = await Promise.race([
      once(server, 'listening').then(() => 'listening' as const),
      once(server, 'error').then(
        () => 'taken' as const,
        () => 'taken' as const,
      ),
    ]);
    if (outcome === 'listening') return port;
  }
  throw new Error(`no free port from ${firstPort} on`);
}

async function nothing(): Promise<void> {}
