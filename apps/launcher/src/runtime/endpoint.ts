import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Endpoint, Engine } from '../engines/engine.ts';

/** `sun_path` holds 108 bytes on Linux and 104 on macOS, with its terminating zero. */
const maximumSocketPathBytes = 103;
const loopback = '127.0.0.1';

/** A fresh way to the runtime: a socket in a private folder where the engine can, else a free loopback port. */
export async function createEndpoint(engine: Engine, workDirectory: string): Promise<Endpoint> {
  if (engine.endpoint === 'socket') {
    for (const parent of [workDirectory, tmpdir()]) {
      const path = await privateSocketPath(parent);
      if (path !== undefined) return { kind: 'socket', path };
    }
  }
  return { kind: 'port', host: loopback, port: await freePort() };
}

export async function removeEndpoint(endpoint: Endpoint): Promise<void> {
  if (endpoint.kind === 'socket') await rm(join(endpoint.path, '..'), { recursive: true, force: true });
}

async function privateSocketPath(parent: string): Promise<string | undefined> {
  const example = join(parent, 'runtime-XXXXXX', 'http.sock');
  if (Buffer.byteLength(example) > maximumSocketPathBytes) return undefined;
  try {
    return join(await mkdtemp(join(parent, 'runtime-')), 'http.sock');
  } catch {
    return undefined;
  }
}

/** The port is free at this moment; should another process take it first, the runtime dies and says PortInUse. */
async function freePort(): Promise<number> {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(0, loopback, resolve);
  await promise;
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => {
    server.close(closed);
  });
  return port;
}
