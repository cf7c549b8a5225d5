import { describe, expect, it } from 'vitest';
import {
  isAlreadyExists,
  isConflict,
  isTransient,
  KubeApiError,
  KubeConnectionError,
  MalformedResponseError,
} from './errors.ts';
import { kinds } from './kinds.ts';
import { configMap, json, startWireServer, status, type Handler } from './testing/wire-server.ts';

const ref = { name: 'a', namespace: 'default' };
const fast = { retryPolicy: { retries: 3, firstDelayMilliseconds: 1, longestRetryAfterSeconds: 1 } };
const never = { retryPolicy: { ...fast.retryPolicy, retries: 0 } };

describe('what goes over the wire', () => {
  it('addresses kinds, namespaces and subresources', async () => {
    await using server = await startWireServer((request, response) => {
      json(response, request.path === '/api/v1/pods' ? { metadata: {}, items: [] } : configMap('a', '1'));
    });
    const { client } = server;
    await client.get(kinds.nodes, { name: 'a' });
    await client.list(kinds.pods, { labelSelector: 'a=b,c', fieldSelector: 'spec.nodeName=n' });
    await client.apply(
      kinds.configMaps,
      { metadata: ref, data: { k: 'v' } },
      { fieldManager: 'me', force: true },
    );
    await client.patchStatus(
      kinds.deployments,
      ref,
      { type: 'merge', value: { status: {} } },
      { dryRun: true },
    );
    await client.patch(kinds.services, ref, { type: 'json', operations: [{ op: 'remove', path: '/a' }] });
    await client.delete(kinds.jobs, ref, { propagationPolicy: 'Foreground', preconditions: { uid: 'u' } });
    expect(
      server.requests.map(({ method, path, query, headers, body }) => [
        method,
        path,
        query.toString(),
        headers['content-type'],
        body,
      ]),
    ).toEqual([
      ['GET', '/api/v1/nodes/a', '', undefined, ''],
      [
        'GET',
        '/api/v1/pods',
        'labelSelector=a%3Db%2Cc&fieldSelector=spec.nodeName%3Dn&limit=500',
        undefined,
        '',
      ],
      [
        'PATCH',
        '/api/v1/namespaces/default/configmaps/a',
        'fieldManager=me&force=true',
        'application/apply-patch+yaml',
        '{"metadata":{"name":"a","namespace":"default"},"data":{"k":"v"},"apiVersion":"v1","kind":"ConfigMap"}',
      ],
      [
        'PATCH',
        '/apis/apps/v1/namespaces/default/deployments/a/status',
        'dryRun=All',
        'application/merge-patch+json',
        '{"status":{}}',
      ],
      [
        'PATCH',
        '/api/v1/namespaces/default/services/a',
        '',
        'application/json-patch+json',
        '[{"op":"remove","path":"/a"}]',
      ],
      [
        'DELETE',
        '/apis/batch/v1/namespaces/default/jobs/a',
        '',
        'application/json',
        '{"apiVersion":"v1","kind":"DeleteOptions","propagationPolicy":"Foreground","preconditions":{"uid":"u"}}',
      ],
    ]);
    expect(server.requests[0]?.headers['user-agent']).toBe('test/1');
    for (let call = 0; call < 50; call++) await client.get(kinds.nodes, { name: 'a' });
    expect(server.connections).toBeLessThan(10);
  });

  it('refuses to address a namespaced object without namespace, and names that would leave their path', async () => {
    await using server = await startWireServer((_, response) => json(response, configMap('a', '1')));
    expect(() => server.client.get(kinds.pods, { name: 'a' })).toThrow('Pod a is namespaced');
    expect(() => server.client.create(kinds.pods, { metadata: { name: 'a' } })).toThrow('no namespace');
    expect(() => server.client.get(kinds.pods, { name: '..', namespace: 'x' })).toThrow('".."');
    expect(server.requests).toEqual([]);
  });

  it('follows pages, and begins anew in one piece when they expire', async () => {
    let expire = true;
    await using server = await startWireServer(({ query }, response) => {
      const token = query.get('continue');
      if (!query.has('limit'))
        return json(response, { metadata: { resourceVersion: '9' }, items: [configMap('z', '1')] });
      if (token === null)
        return json(response, {
          metadata: { resourceVersion: '5', continue: 'next' },
          items: [configMap('a', '1')],
        });
      if (expire) return status(response, 410, 'Expired');
      return json(response, { metadata: { resourceVersion: '5' }, items: [configMap('b', '2')] });
    }, fast);
    const expired = await server.client.list(kinds.configMaps);
    expect([expired.resourceVersion, expired.items.map(({ metadata }) => metadata.name)]).toEqual([
      '9',
      ['z'],
    ]);
    expire = false;
    const { items } = await server.client.list(kinds.configMaps);
    expect(items.map(({ metadata, kind, apiVersion }) => [metadata.name, kind, apiVersion])).toEqual([
      ['a', 'ConfigMap', 'v1'],
      ['b', 'ConfigMap', 'v1'],
    ]);
  });
});

describe('errors', () => {
  it('carry what the Status object says', async () => {
    await using server = await startWireServer((_, response) =>
      status(response, 422, 'Invalid', {
        details: { causes: [{ reason: 'FieldValueInvalid', field: 'spec.x', message: 'bad' }, 7] },
      }),
    );
    const error = await server.client.get(kinds.configMaps, ref).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(KubeApiError);
    expect(error).toMatchObject({
      code: 422,
      reason: 'Invalid',
      causes: [{ field: 'spec.x' }],
      message: 'GET /api/v1/namespaces/default/configmaps/a: 422 Invalid: Invalid!',
    });
  });

  it('tell a conflict from an object that exists', async () => {
    await using server = await startWireServer(({ method }, response) =>
      status(response, 409, method === 'POST' ? 'AlreadyExists' : 'Conflict'),
    );
    const created = await server.client
      .create(kinds.configMaps, { metadata: ref })
      .catch((caught: unknown) => caught);
    const updated = await server.client
      .update(kinds.configMaps, { metadata: ref })
      .catch((caught: unknown) => caught);
    expect([
      isConflict(created),
      isAlreadyExists(created),
      isConflict(updated),
      isAlreadyExists(updated),
    ]).toEqual([false, true, true, false]);
  });

  it.each<[string, Handler, string]>([
    ['an empty body', (_, r) => r.end(), 'is not JSON'],
    ['cut-off JSON', (_, r) => r.end('{"metadata":{"na'), 'is not JSON'],
    [
      'HTML of a proxy',
      (_, r) => r.writeHead(200, { 'content-type': 'text/html' }).end('<html>login</html>'),
      'is not JSON',
    ],
    ['a list', (_, r) => r.end('[]'), 'is no map'],
    ['a string', (_, r) => r.end('"x"'), 'is no map'],
    ['no metadata', (_, r) => r.end('{"kind":"ConfigMap"}'), 'is no Kubernetes object'],
    ['a name that is a number', (_, r) => r.end('{"metadata":{"name":7}}'), 'is no Kubernetes object'],
    ['invalid UTF-8', (_, r) => r.end(Buffer.from([0xff, 0xfe, 0x7b])), 'is not JSON'],
  ])('name a malformed answer: %s', async (_, handler, problem) => {
    await using server = await startWireServer(handler, never);
    const error = await server.client.get(kinds.configMaps, ref).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(MalformedResponseError);
    expect((error as Error).message).toContain(problem);
    expect(isTransient(error)).toBe(true);
  });

  it.each<[string, unknown]>([
    ['items that are no list', { metadata: {}, items: {} }],
    ['an item without name', { metadata: {}, items: [{ metadata: {} }] }],
    ['no metadata', { items: [] }],
  ])('name a malformed list: %s', async (_, answer) => {
    await using server = await startWireServer((__, response) => json(response, answer), never);
    await expect(server.client.list(kinds.configMaps)).rejects.toBeInstanceOf(MalformedResponseError);
  });

  it.each<[string, Handler, string | RegExp]>([
    ['a connection closed before the answer', (_, r) => r.destroy(), 'UND_ERR_SOCKET'],
    [
      'a body shorter than announced',
      (_, r) => void r.writeHead(200, { 'content-length': '100' }).write('{"a"', () => r.destroy()),
      /UND_ERR|ECONNRESET/,
    ],
    ['no HTTP at all', (_, r) => void r.socket?.end('garbage\r\n\r\n'), 'HTTP_PARSER'],
  ])('name a broken connection: %s', async (_, handler, code) => {
    await using server = await startWireServer(handler, never);
    const error = await server.client.get(kinds.configMaps, ref).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(KubeConnectionError);
    expect((error as KubeConnectionError).code).toMatch(code);
    expect((error as KubeConnectionError).maybeSent).toBe(true);
  });

  it('end a call that hangs or trickles after its time', async () => {
    await using server = await startWireServer(({ path }, response) => {
      if (path.endsWith('trickle')) response.writeHead(200).write('{');
    }, never);
    for (const name of ['hang', 'trickle']) {
      const error = await server.client
        .get(kinds.configMaps, { ...ref, name }, { timeoutMilliseconds: 50 })
        .catch((caught: unknown) => caught);
      expect(error).toMatchObject({ name: 'KubeConnectionError', code: 'ETIMEDOUT' });
    }
  });

  it('give the caller its own reason when it aborts', async () => {
    await using server = await startWireServer(() => {}, fast);
    const reason = new Error('enough');
    const controller = new AbortController();
    const call = server.client.get(kinds.configMaps, ref, { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 20);
    await expect(call).rejects.toBe(reason);
    await expect(server.client.get(kinds.configMaps, ref, { signal: controller.signal })).rejects.toBe(
      reason,
    );
  });
});

const refused: Handler = (_, r) => status(r, 429, 'TooManyRequests');
const broken: Handler = (_, r) => status(r, 500, 'InternalError');
const reset: Handler = (_, r) => r.destroy();
const cutOff: Handler = (_, r) => r.end('{"meta');
const initializing: Handler = (_, r) =>
  status(r, 503, 'ServiceUnavailable', { details: { retryAfterSeconds: 0 } });

/** Fails the first calls in this way, then answers. */
async function tries(
  failure: Handler,
  call: 'get' | 'create' | 'apply' | 'json-patch',
  times = 2,
): Promise<[number, boolean]> {
  let count = 0;
  await using server = await startWireServer((request, response) => {
    if (count++ < times) return failure(request, response);
    return json(response, configMap('a', '1'));
  }, fast);
  const { client } = server;
  const calls = {
    get: () => client.get(kinds.configMaps, ref),
    create: () => client.create(kinds.configMaps, { metadata: ref }),
    apply: () => client.apply(kinds.configMaps, { metadata: ref }, { fieldManager: 'me' }),
    'json-patch': () => client.patch(kinds.configMaps, ref, { type: 'json', operations: [] }),
  };
  const fine = await calls[call]().then(
    () => true,
    () => false,
  );
  return [count, fine];
}
describe('retries', () => {
  it.each<[string, Handler, 'get' | 'create' | 'apply' | 'json-patch', [number, boolean]]>([
    ['429', refused, 'get', [3, true]],
    ['429', refused, 'create', [3, true]],
    ['500', broken, 'apply', [3, true]],
    ['500', broken, 'create', [1, false]],
    ['503 with Retry-After', initializing, 'create', [3, true]],
    ['a reset', reset, 'get', [3, true]],
    ['a reset', reset, 'create', [1, false]],
    ['a reset', reset, 'json-patch', [1, false]],
    ['a cut-off answer', cutOff, 'apply', [3, true]],
    ['a cut-off answer', cutOff, 'create', [1, false]],
  ])('after %s: %#', async (_, failure, call, expected) => {
    expect(await tries(failure, call)).toEqual(expected);
  });

  it('end', async () => {
    expect(await tries(broken, 'get', 99)).toEqual([4, false]);
  });

  it('do not wait longer than allowed, and hand on what the server asked for', async () => {
    await using server = await startWireServer((_, response) => {
      response.setHeader('retry-after', '60');
      status(response, 429, 'TooManyRequests');
    }, fast);
    await expect(server.client.get(kinds.configMaps, ref)).rejects.toMatchObject({ retryAfterSeconds: 60 });
    expect(server.requests).toHaveLength(1);
  });

  it('never repeat a refusal', async () => {
    for (const code of [400, 403, 404, 409, 422]) {
      expect(await tries((_, r) => status(r, code, 'No'), 'get')).toEqual([1, false]);
    }
  });
});

it('asks for new credentials once when the server does not accept them', async () => {
  const asked: boolean[] = [];
  const access = {
    credentials: ({ renew = false } = {}) => {
      asked.push(renew);
      return Promise.resolve({ headers: { authorization: `Bearer ${renew ? 'new' : 'old'}` }, tls: {} });
    },
  };
  await using server = await startWireServer(
    ({ headers }, response) =>
      headers.authorization === 'Bearer new'
        ? json(response, configMap('a', '1'))
        : status(response, 401, 'Unauthorized'),
    { access },
  );
  await server.client.get(kinds.configMaps, ref);
  expect(asked).toEqual([false, true]);
});

it('streams logs as they come, across cut characters, and ends when told to', async () => {
  await using server = await startWireServer(async (_, response) => {
    const bytes = Buffer.from('first ✓\nsecond\n');
    response.write(bytes.subarray(0, 7));
    await new Promise((resolve) => setTimeout(resolve, 20));
    response.write(bytes.subarray(7));
  });
  const controller = new AbortController();
  let text = '';
  const reading = (async () => {
    for await (const chunk of server.client.logs(ref, {
      follow: true,
      container: 'main',
      tailLines: 0,
      signal: controller.signal,
    })) {
      text += chunk;
      if (text.endsWith('second\n')) controller.abort();
    }
  })();
  await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
  expect(text).toBe('first ✓\nsecond\n');
  expect(server.requests[0]?.query.toString()).toBe('follow=true&container=main&tailLines=0');
  await expect(async () => {
    for await (const _ of server.client.logs({ name: '..', namespace: 'x' })) break;
  }).rejects.toThrow('".."');
});

it('closes the connection of a watch that is left', async () => {
  let closed = false;
  await using server = await startWireServer((_, response) => {
    response.on('close', () => (closed = true));
    response.write(`${JSON.stringify({ type: 'ADDED', object: configMap('a', '1') })}\n`);
  });
  for await (const event of server.client.watch(kinds.configMaps)) {
    expect(event.type).toBe('ADDED');
    break;
  }
  await expect.poll(() => closed).toBe(true);
});
