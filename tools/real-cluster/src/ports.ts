import { createServer } from 'node:net';

/** `count` ports that were free a moment ago; they are held together, so that none comes twice. */
export async function freePorts(count: number, host: string): Promise<readonly number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(host)));
  await Promise.all(servers.map((server) => server.close()));
  return servers.map(({ port }) => port);
}

async function listen(host: string): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, host, resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return { port: address.port, close: () => new Promise((resolve) => void server.close(() => resolve())) };
}
