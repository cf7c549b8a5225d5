import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { answerText, callBy, playApiServer, type PlayedApiServer } from './api-server.test.data.ts';
import { resourceOf, startWriteGate, type PassingWrite, type Trap } from './write-gate.ts';

let server: PlayedApiServer;

beforeAll(async () => {
  server = await playApiServer();
});

beforeEach(() => void (server.heard.length = 0));

afterAll(() => server?.[Symbol.asyncDispose]());

test.each([
  ['/apis/karpenter.sh/v1/nodeclaims', 'create', 'nodeclaims'],
  ['/apis/karpenter.sh/v1/nodepools/a', 'patch', 'nodepools'],
  ['/apis/kaito.sh/v1beta1/namespaces/n/workspaces/w/status', 'patch', 'workspaces/status'],
  ['/api/v1/namespaces/n/pods/p?x=y', 'delete', 'pods'],
  ['/api/v1/namespaces/n', 'delete', 'namespaces'],
] as const)('%s %s is about %s', (url, verb, resource) => {
  expect(resourceOf(url, verb)).toBe(resource);
});

test('writes are shown with what they write; reads are not', async () => {
  const seen: PassingWrite[] = [];
  await using gate = await startWriteGate({
    kubeconfigPath: server.kubeconfigPath,
    onWrite: (write) => void seen.push(write),
  });
  const path = '/api/v1/namespaces/n/pods/p';
  expect(await callBy(gate.kubeconfigPath, 'GET', path)).toMatchObject({ text: answerText });
  expect(await callBy(gate.kubeconfigPath, 'PATCH', path)).toMatchObject({ text: answerText });
  expect(seen).toEqual([{ verb: 'patch', resource: 'pods', body: { metadata: { name: 'a' } } }]);
  expect(server.heard).toHaveLength(2);
});

test.each([
  ['before', 0],
  ['after', 1],
] as const)('a trap %s a write breaks the connection; the API server hears %i', async (when, heard) => {
  const heardAtAct: number[] = [];
  const trap: Trap = { when, act: async () => void heardAtAct.push(server.heard.length) };
  await using gate = await startWriteGate({ kubeconfigPath: server.kubeconfigPath, onWrite: () => trap });
  const answer = await callBy(gate.kubeconfigPath, 'POST', '/api/v1/namespaces/n/pods');
  expect(answer).toMatchObject({ status: 0 });
  expect(heardAtAct).toEqual([heard]);
  expect(server.heard).toHaveLength(heard);
});
