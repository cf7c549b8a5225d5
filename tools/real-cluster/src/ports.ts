import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/**
 * Below the kernel's range for outgoing connections (32768 on): there, a component that is killed for a test could find
 * its port taken by somebody's connection when it comes back.
 */
const firstPort = 18_000;
const lastPort = 32_000;
const mostTries = 200;

/** Held by nobody on any address of this machine: a cluster's parts listen on several. */
const everywhere = '0.0.0.0';

/** `count` ports that were free a moment ago; they are held together, so that none comes twice. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const held: { readonly port: number; readonly server: Server }[] = [];
  try {
    for (let tries = 0; held.length < count; tries += 1) {
      if (tries === mostTries) throw new Error(`no free port from ${firstPort} to ${lastPort}`);
      const port = randomInt(firstPort, lastPort);
      const server = await listen(port);
      if (server !== undefined) held.push({ port, server });
    }
  } finally {
    await Promise.all(held.map(({ server }) => close(server)));
  }
  return held.map(({ port }) => port);
}

/** Undefined when somebody has the port. */
async function listen(port: number): Promise<Server | undefined> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(port, everywhere, () => resolve(server));
  });
}

async function close(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}
