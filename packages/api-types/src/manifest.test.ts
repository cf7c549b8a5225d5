import { expect, it } from 'vitest';
import { presetWorkspace } from './cases/builders.test.fixture.ts';
import { readManifest } from './manifest.ts';

it('reads a Workspace of either version', () => {
  expect(readManifest(presetWorkspace())).toMatchObject({ kind: 'workspace', workspace: { ok: true } });
  expect(readManifest(presetWorkspace({ apiVersion: 'kaito.sh/v1alpha1' }))).toMatchObject({
    workspace: { ok: true },
  });
});

it.each([
  ['InferenceSet', 'v1beta1', 'is not served by this release'],
  ['RAGEngine', 'v1alpha1', 'is not served by this release'],
  ['Workspcae', 'v1beta1', 'did you mean Workspace?'],
  ['Workspace', 'v2', 'use kaito.sh/v1beta1 or kaito.sh/v1alpha1'],
])('says that %s %s is not served', (kind, version, message) => {
  const answer = readManifest({ apiVersion: `kaito.sh/${version}`, kind });
  const issue = { code: 'UNSUPPORTED_KIND', message: expect.stringContaining(message) as string };
  expect(answer).toMatchObject({ kind: 'notServed', objectKind: kind, issue });
});

it('leaves objects of other groups alone', () => {
  expect(readManifest({ apiVersion: 'v1', kind: 'ConfigMap' })).toEqual({
    kind: 'other',
    apiVersion: 'v1',
    objectKind: 'ConfigMap',
  });
});

it.each([
  undefined,
  null,
  'text',
  [],
  {},
  { apiVersion: 'v1' },
  { apiVersion: 1, kind: 'x' },
  { apiVersion: 'v1', kind: '' },
])('%j is no manifest', (value) => {
  expect(readManifest(value)).toMatchObject({ kind: 'malformed' });
});
