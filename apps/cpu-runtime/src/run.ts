import { rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Settings } from './command-line.ts';
import type { Engine } from './engine/engine.ts';
import { createServer } from './http/server.ts';

/** How long answers may still take after SIGTERM. */
const drainMs = 25_000;

/** Listens, loads, serves until the signal, lets running answers end. */
export async function run(
  settings: Settings,
  loadEngine: (settings: Settings) => Promise<Engine>,
  stop: AbortSignal,
): Promise<void> {
  let engine: Engine | undefined;
  const cancel = new AbortController();
  const server = createServer({
    modelName: settings.alias,
    defaults: settings.defaults,
    engine: () => engine,
    signal: cancel.signal,
  });
  const sockets = new Set<Socket>();
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const address = await listen(server, settings);
  console.error(`kaito-cpu-runtime: listening on ${address}, loading ${settings.model}`);
  const started = performance.now();
  const stopped = new Promise<void>((resolve) => {
    stop.addEventListener('abort', () => resolve(), { once: true });
  });
  engine = await Promise.race([loadEngine(settings), stopped.then(() => undefined)]);
  if (engine) {
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.error(
      `kaito-cpu-runtime: model loaded in ${seconds} s, ${settings.loras.length} adapters, ${settings.parallel} × ${engine.contextTokens} tokens, ${engine.threads} threads`,
    );
  }
  await stopped;
  const deadline = setTimeout(() => cancel.abort(new Error('the server is shutting down')), drainMs);
  // A kept-alive connection becomes idle only when its last answer has ended, after close() has looked.
  // One that never carried a byte, as clients keep in reserve, does not count as idle for Node.
  const sweep = setInterval(() => {
    server.server.closeIdleConnections();
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
  }, 50);
  await server.close();
  clearTimeout(deadline);
  clearInterval(sweep);
}

async function listen(server: FastifyInstance, { host, port }: Settings): Promise<string> {
  if (!host.endsWith('.sock')) return server.listen({ host, port });
  await rm(host, { force: true });
  return server.listen({ path: host });
}
