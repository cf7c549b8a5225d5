import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { answerText, callBy, playApiServer, type PlayedApiServer } from './api-server.test.data.ts';
import { startChaosProxy, type ChaosProxy } from './chaos-proxy.ts';
import { mishaps, watchEnds, type Mishap } from './mishap.ts';

const pods = '/api/v1/namespaces/n/pods';
const unharmed = { status: 200, text: answerText, whole: true };

let server: PlayedApiServer;

beforeAll(async () => {
  server = await playApiServer();
});

beforeEach(() => void (server.heard.length = 0));

afterAll(() => server?.[Symbol.asyncDispose]());

/** Draws these numbers again and again. */
function drawing(...numbers: readonly number[]): () => number {
  let next = 0;
  return () => numbers[next++ % numbers.length] ?? 0;
}

/** Every write meets this mishap. */
function proxyOf(mishap: Mishap): Promise<ChaosProxy> {
  const which = (mishaps.indexOf(mishap) + 0.5) / mishaps.length;
  const random = drawing(0, which, ...(mishap === 'delay' ? [0.5] : []));
  return startChaosProxy({
    kubeconfigPath: server.kubeconfigPath,
    random,
    share: 1,
    longestDelayMilliseconds: 20,
  });
}

test('a call without a mishap comes through with its token and body, and its answer comes back', async () => {
  await using proxy = await startChaosProxy({
    kubeconfigPath: server.kubeconfigPath,
    random: () => 0,
    share: 0,
  });
  expect(await callBy(proxy.kubeconfigPath, 'POST', pods)).toMatchObject(unharmed);
  expect(server.heard).toEqual([`POST ${pods} Bearer own {"metadata":{"name":"a"}}`]);
});

test.each<readonly [Mishap, object, number]>([
  ['conflict', { status: 409, whole: true }, 0],
  ['tooManyRequests', { status: 429, retryAfter: '1', whole: true }, 0],
  ['serverError', { status: 500, whole: true }, 0],
  ['delay', unharmed, 1],
  ['truncate', { status: 200, text: answerText.slice(0, answerText.length / 2), whole: false }, 1],
  ['loseAnswer', { status: 0 }, 1],
])('%s: what the caller sees, and whether the API server heard of it', async (mishap, seen, heard) => {
  await using proxy = await proxyOf(mishap);
  expect(await callBy(proxy.kubeconfigPath, 'POST', pods)).toMatchObject(seen);
  expect(server.heard).toHaveLength(heard);
  expect(proxy.statistics).toMatchObject({ calls: 1, [mishap]: 1 });
});

describe('a watch', () => {
  const whole = '{"type":"ADDED"}\n';

  test.each([
    ['end', { text: whole, whole: true }],
    ['reset', { text: whole, whole: false }],
    ['withinEvent', { text: expect.stringMatching(/^\{"type":"ADDED"\}\n\{"type":"MOD/), whole: true }],
  ] as const)('ends before its time: %s', async (end, seen) => {
    const which = (watchEnds.indexOf(end) + 0.5) / watchEnds.length;
    await using proxy = await startChaosProxy({
      kubeconfigPath: server.kubeconfigPath,
      random: drawing(0.9, 0.9, 0.5, which),
      share: 0,
      longestWatchMilliseconds: 400,
    });
    expect(await callBy(proxy.kubeconfigPath, 'GET', `${pods}?watch=1`)).toMatchObject(seen);
    expect(proxy.statistics).toMatchObject({ watches: 1, [end]: 1 });
  });
});

test('once calm, nothing fails any more', async () => {
  await using proxy = await proxyOf('serverError');
  expect(await callBy(proxy.kubeconfigPath, 'POST', pods)).toMatchObject({ status: 500 });
  proxy.calm();
  expect(await callBy(proxy.kubeconfigPath, 'POST', pods)).toMatchObject(unharmed);
});
