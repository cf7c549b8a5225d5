import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { Clock } from './clock.ts';
import { kinds } from './kinds.ts';
import { Reflector, type ReflectorOptions } from './reflector.ts';
import type { ConfigMap } from './kinds.ts';
import {
  bookmark,
  configMap,
  event,
  json,
  startWireServer,
  status,
  type Handler,
  type WireServer,
} from './testing/wire-server.ts';

/** Waits count a hundredth, so that back-off does not make tests slow. */
const hurried = {
  now: () => Date.now(),
  monotonic: () => performance.now() * 100,
  setTimeout: (callback: () => void, milliseconds: number) => {
    const handle = setTimeout(callback, milliseconds / 100);
    return { cancel: () => clearTimeout(handle) };
  },
};

interface Run extends AsyncDisposable {
  readonly server: WireServer;
  readonly reflector: Reflector<ConfigMap, 'data'>;
  readonly changes: string[];
  names(): string[];
}

async function reflect(
  handler: Handler,
  options: Partial<ReflectorOptions<ConfigMap, 'data'>> = {},
): Promise<Run> {
  const server = await startWireServer(handler, {
    retryPolicy: { retries: 0, firstDelayMilliseconds: 1, longestRetryAfterSeconds: 1 },
  });
  const reflector = new Reflector({
    client: server.client,
    kind: kinds.configMaps,
    clock: hurried,
    indexes: { data: (object) => Object.values(object.data ?? {}) },
    ...options,
  });
  const changes: string[] = [];
  reflector.onChange(({ type, object }) => changes.push(`${type} ${object.metadata.name}`));
  const controller = new AbortController();
  const running = reflector.run(controller.signal);
  return {
    server,
    reflector,
    changes,
    names: () =>
      reflector.store
        .list()
        .map(({ metadata }) => metadata.name)
        .sort(),
    [Symbol.asyncDispose]: async () => {
      controller.abort();
      await running;
      await server[Symbol.asyncDispose]();
    },
  };
}

/** The n-th connection gets the n-th answer, the last one all further ones. */
function inTurn(...answers: Handler[]): Handler {
  let turn = 0;
  return (request, response) => answers[Math.min(turn++, answers.length - 1)]?.(request, response);
}

const hang: Handler = (_, response) => response.flushHeaders();
const first = (response: ServerResponse, ...names: string[]): void => {
  for (const [index, name] of names.entries())
    response.write(event('ADDED', configMap(name, String(index + 1), { k: name })));
  response.write(bookmark('10', true));
};

describe('Reflector', () => {
  it('is synced after the initial events, follows changes, and keeps indexes', async () => {
    await using run = await reflect((_, response) => {
      first(response, 'a', 'b');
      response.write(event('MODIFIED', configMap('a', '11', { k: 'new' })));
      response.write(event('DELETED', configMap('b', '12')));
    });
    await run.reflector.synced;
    await expect.poll(() => run.names()).toEqual(['a']);
    expect(run.changes).toEqual(['added a', 'added b', 'updated a', 'deleted b']);
    expect(run.reflector.store.byIndex('data', 'new').map(({ metadata }) => metadata.name)).toEqual(['a']);
    expect([run.reflector.store.byIndex('data', 'a'), run.reflector.store.byIndex('data', 'b')]).toEqual([
      [],
      [],
    ]);
    const query = Object.fromEntries(run.server.requests[0]?.query ?? []);
    expect(query).toMatchObject({
      watch: 'true',
      sendInitialEvents: 'true',
      resourceVersionMatch: 'NotOlderThan',
      allowWatchBookmarks: 'true',
    });
    expect(run.reflector.store.get('default/a')).toBe(
      run.reflector.store.get({ namespace: 'default', name: 'a' }),
    );
  });

  it('resumes where it was after the stream ends, without a list', async () => {
    await using run = await reflect(
      inTurn(
        (_, response) => {
          first(response, 'a');
          response.end(event('ADDED', configMap('b', '17')));
        },
        (_, response) => {
          response.end(bookmark('40'));
        },
        hang,
      ),
    );
    await expect.poll(() => run.server.requests.length).toBe(3);
    expect(run.server.requests.map(({ query }) => query.get('resourceVersion'))).toEqual([null, '17', '40']);
    expect(run.reflector.statistics).toMatchObject({ lists: 1, resumes: 2 });
  });

  it.each<[string, Handler]>([
    [
      'an ERROR event',
      (_, response) =>
        void response.end(
          event('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' }),
        ),
    ],
    ['the answer', (_, response) => status(response, 410, 'Expired')],
  ])('lists again when its version is gone, by %s, and drops what was deleted meanwhile', async (_, gone) => {
    await using run = await reflect(
      inTurn(
        (__, response) => {
          first(response, 'a', 'b');
          response.end();
        },
        gone,
        (__, response) => first(response, 'b'),
      ),
    );
    await expect.poll(() => run.names()).toEqual(['b']);
    expect(run.reflector.statistics.lists).toBe(2);
    expect(run.changes).toEqual(['added a', 'added b', 'updated b', 'deleted a']);
  });

  it('lists by pages when the server refuses watch-list, and asks it for that once only', async () => {
    await using run = await reflect(({ query }, response) => {
      if (query.has('sendInitialEvents')) return status(response, 422, 'Invalid');
      if (!query.has('watch'))
        return json(response, { metadata: { resourceVersion: '5' }, items: [configMap('a', '1')] });
      if (query.get('resourceVersion') === '5') return status(response, 410, 'Expired');
      return undefined;
    });
    await run.reflector.synced;
    await expect.poll(() => run.reflector.statistics.lists).toBeGreaterThan(1);
    expect(run.server.requests.filter(({ query }) => query.has('sendInitialEvents'))).toHaveLength(1);
    expect(run.names()).toEqual(['a']);
  });

  it('lists by pages when the server ignores sendInitialEvents', async () => {
    await using run = await reflect(({ query }, response) => {
      if (query.has('sendInitialEvents')) return void response.end(event('ADDED', configMap('a', '1')));
      if (!query.has('watch'))
        return json(response, { metadata: { resourceVersion: '5' }, items: [configMap('a', '1')] });
      return hang({} as never, response);
    });
    await run.reflector.synced;
    expect(run.changes).toEqual(['added a']);
  });

  it('gives up a connection that has gone silent', async () => {
    await using run = await reflect(
      inTurn(
        (_, response) => first(response, 'a'),
        (_, response) => void response.write(event('ADDED', configMap('b', '11'))),
      ),
      {
        idleTimeoutMilliseconds: 5_000,
      },
    );
    await expect.poll(() => run.names()).toEqual(['a', 'b']);
    expect(run.reflector.statistics.lists).toBe(1);
  });

  it('gives up a connection that never answers', async () => {
    await using run = await reflect(
      inTurn(
        () => {},
        (_, response) => first(response, 'a'),
      ),
      { idleTimeoutMilliseconds: 5_000 },
    );
    await run.reflector.synced;
    expect(run.names()).toEqual(['a']);
  });

  it.each<[string, Handler]>([
    ['no JSON', (_, r) => void r.end('nonsense\n')],
    ['an event cut off', (_, r) => void r.end('{"type":"ADDED","obj')],
    ['an unknown type', (_, r) => void r.end(event('EXPLODED', {}))],
    ['an event without object', (_, r) => void r.end('{"type":"ADDED"}\n')],
    ['a bookmark without version', (_, r) => void r.end(event('BOOKMARK', { metadata: {} }))],
    ['an ERROR that is no Status', (_, r) => void r.end('{"type":"ERROR","object":"x"}\n')],
    ['HTML', (_, r) => void r.writeHead(200, { 'content-type': 'text/html' }).end('<html>')],
    ['a server error', (_, r) => status(r, 500, 'InternalError')],
    ['an end at once', (_, r) => void r.end()],
  ])('survives %s', async (_, answer) => {
    await using run = await reflect(
      inTurn(
        (__, r) => {
          first(r, 'a');
          r.end();
        },
        answer,
        answer,
        (__, r) => void r.write(event('ADDED', configMap('b', '20'))),
      ),
    );
    await expect.poll(() => run.names()).toEqual(['a', 'b']);
    expect(run.reflector.statistics.lists).toBe(1);
    expect(run.reflector.lastError).toBeUndefined();
  });

  it('waits longer and longer for a server that answers nonsense', async () => {
    const idleTimeoutMilliseconds = 170_000;
    const waits: number[] = [];
    const clock: Clock = {
      ...hurried,
      setTimeout: (callback, milliseconds) => {
        if (milliseconds !== idleTimeoutMilliseconds) waits.push(milliseconds);
        return hurried.setTimeout(callback, milliseconds);
      },
    };
    await using run = await reflect((_, response) => void response.end('nonsense\n'), {
      random: () => 0,
      clock,
      idleTimeoutMilliseconds,
    });
    await expect.poll(() => waits.slice(0, 4), { timeout: 20_000 }).toEqual([400, 800, 1_600, 3_200]);
    expect(run.reflector.hasSynced).toBe(false);
  });

  it('drops managedFields, save one manager’s, and what the transform drops', async () => {
    const managed = { ...configMap('a', '1', { k: 'v', big: 'x' }) };
    const object = {
      ...managed,
      metadata: { ...managed.metadata, managedFields: [{ manager: 'me' }, { manager: 'other' }] },
    };
    await using run = await reflect((_, r) => void r.write(event('ADDED', object) + bookmark('3', true)), {
      keepManagedFields: { of: 'me' },
      transform: ({ data, ...rest }) => ({ ...rest, data: { k: data?.['k'] ?? '' } }),
    });
    await run.reflector.synced;
    expect(run.reflector.store.get('default/a')).toMatchObject({
      data: { k: 'v' },
      metadata: { managedFields: [{ manager: 'me' }] },
    });
  });
});
