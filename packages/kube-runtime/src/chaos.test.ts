import { expect, it } from 'vitest';
import { createController } from './controller.ts';
import { ignoreNotFound } from './errors.ts';
import { kinds, type ConfigMap } from './kinds.ts';
import { refOfKey } from './object.ts';
import { done } from './outcome.ts';
import { Reflector } from './reflector.ts';
import {
  bookmark,
  configMap,
  event,
  json,
  startWireServer,
  status,
  type Handler,
} from './testing/wire-server.ts';

/** Numbers in [0, 1) that are the same in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

/** ConfigMaps with versions, watches with history, and a fifth of all answers wrong in some way. */
interface ChaoticServer {
  readonly handler: Handler;
  /** From now on nothing fails any more. */
  calm: boolean;
  creates: number;
  put(name: string, value: string): void;
  names(): string[];
}

function chaoticServer(random: () => number): ChaoticServer {
  const objects = new Map<string, ReturnType<typeof configMap>>();
  const watchers = new Set<(line: string) => void>();
  let version = 1;
  const state: ChaoticServer = {
    calm: false,
    creates: 0,
    names: () => [...objects.keys()].sort(),
    put: (name: string, value: string) => {
      const type = objects.has(name) ? 'MODIFIED' : 'ADDED';
      const object = configMap(name, String(++version), { value });
      objects.set(name, object);
      for (const send of watchers) send(event(type, object));
    },
    handler: (request, response) => {
      const mishap = state.calm ? 1 : random();
      if (mishap < 0.04) return status(response, 500, 'InternalError');
      if (mishap < 0.08) return status(response, 429, 'TooManyRequests');
      if (mishap < 0.12) return response.destroy();
      if (mishap < 0.16) return response.end('{"kind":"ConfigM');
      if (request.query.has('watch')) {
        const from = Number(request.query.get('resourceVersion') ?? 0);
        const send = (line: string): void => {
          if (response.writableEnded || response.destroyed) return;
          const fate = state.calm ? 1 : random();
          if (fate < 0.05) response.destroy();
          else if (fate < 0.1) response.end(line.slice(0, line.length / 2));
          else response.write(line);
        };
        watchers.add(send);
        response.on('close', () => watchers.delete(send));
        if (from > 0 && !state.calm && random() < 0.1) return status(response, 410, 'Expired');
        response.flushHeaders();
        for (const object of objects.values())
          if (Number(object.metadata.resourceVersion) > from) response.write(event('ADDED', object));
        return response.write(bookmark(String(version), from === 0));
      }
      const name = request.path.split('/').at(-1) ?? '';
      const object = objects.get(name);
      if (request.method === 'GET')
        return object === undefined ? status(response, 404, 'NotFound') : json(response, object);
      const wanted = JSON.parse(request.body) as ConfigMap;
      if (objects.has(wanted.metadata.name)) return status(response, 409, 'AlreadyExists');
      state.creates++;
      state.put(wanted.metadata.name, 'made');
      const lost = !state.calm && random() < 0.2;
      return lost ? response.destroy() : json(response, objects.get(wanted.metadata.name), 201);
    },
  };
  return state;
}

it.each([1, 2, 3])(
  'converges through a server that fails a fifth of the time, and makes each thing once (seed %i)',
  async (seed) => {
    const server = chaoticServer(seeded(seed));
    await using wire = await startWireServer(server.handler, {
      retryPolicy: { retries: 2, firstDelayMilliseconds: 1, longestRetryAfterSeconds: 1 },
    });
    const hurried = {
      now: () => Date.now(),
      monotonic: () => performance.now() * 100,
      setTimeout: (callback: () => void, milliseconds: number) => {
        const handle = setTimeout(callback, milliseconds / 100);
        return { cancel: () => clearTimeout(handle) };
      },
    };
    const reflector = new Reflector({ client: wire.client, kind: kinds.configMaps, clock: hurried });
    const controller = createController({
      name: 'child-of-each',
      clock: hurried,
      reconcile: async (key) => {
        const { name } = refOfKey(key);
        const child = { name: `${name}-child`, namespace: 'default' };
        if (
          name.endsWith('-child') ||
          (await ignoreNotFound(wire.client.get(kinds.configMaps, child))) !== undefined
        )
          return done;
        await wire.client.create(kinds.configMaps, { metadata: child });
        return done;
      },
    });
    reflector.onChange(({ object }) => controller.queue.add(`default/${object.metadata.name}`));
    const stop = new AbortController();
    const running = [reflector.run(stop.signal), controller.run(stop.signal)];
    for (let index = 0; index < 40; index++) {
      server.put(`o${index}`, 'first');
      if (index % 3 === 0) server.put(`o${index}`, 'second');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    server.calm = true;
    await expect
      .poll(() => reflector.store.keys().toSorted(), { timeout: 15_000 })
      .toEqual(
        Array.from({ length: 40 }, (_, index) => [`default/o${index}`, `default/o${index}-child`])
          .flat()
          .toSorted(),
      );
    expect([server.creates, server.names().length]).toEqual([40, 80]);
    expect(reflector.store.get('default/o39')).toMatchObject({ data: { value: 'second' } });
    stop.abort();
    await Promise.all(running);
  },
);
