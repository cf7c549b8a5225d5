import type { KubeObject } from '@kaito-ts/kube-runtime';
import { describe, expect, test } from 'vitest';
import { claimedFields } from './claimed-fields.ts';

const apiVersion = 'apps/v1';
const entry = (manager: string, operation: string, fieldsV1: object): object => ({
  manager,
  operation,
  apiVersion,
  fieldsV1,
});
const created = entry('me', 'Update', { 'f:spec': { 'f:replicas': {} } });
const applied = entry('me', 'Apply', { 'f:spec': { 'f:template': {} } });
const theirs = entry('kubectl', 'Update', { 'f:metadata': { 'f:annotations': {} } });
const status = { ...entry('kubelet', 'Update', { 'f:status': {} }), subresource: 'status' };

function claimed(entries: readonly object[], of: 'everybody' | 'ourselves'): unknown {
  const live: KubeObject = { metadata: { name: 'x', resourceVersion: '7', managedFields: entries } };
  return claimedFields(live, 'me', of)[1]?.value;
}

describe('claimed fields', () => {
  test('our own become applied ones; others keep theirs', () => {
    const ours = { 'f:spec': { 'f:replicas': {}, 'f:template': {} } };
    expect(claimed([created, applied, theirs, status], 'ourselves')).toMatchObject([
      theirs,
      status,
      { manager: 'me', operation: 'Apply', fieldsV1: ours },
    ]);
  });

  test('everybody’s become ours, save the status', () => {
    expect(claimed([created, theirs, status], 'everybody')).toMatchObject([
      status,
      { manager: 'me', operation: 'Apply', fieldsV1: { 'f:spec': {}, 'f:metadata': {} } },
    ]);
  });

  test('nothing is to be done when all is applied already', () => {
    expect(claimed([applied, theirs, status], 'ourselves')).toBeUndefined();
  });
});
