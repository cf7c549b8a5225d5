import { describe, expect, test } from 'vitest';
import { OwnWrites } from './own-writes.ts';

function object(resourceVersion: string): {
  metadata: { name: string; namespace: string; resourceVersion: string };
} {
  return { metadata: { name: 'phi', namespace: 'demo', resourceVersion } };
}

function at(): { writes: OwnWrites; wait: (milliseconds: number) => void } {
  let time = 0;
  const clock = { now: () => time, monotonic: () => time, setTimeout: () => ({ cancel: () => {} }) };
  return { writes: new OwnWrites(clock), wait: (milliseconds) => (time += milliseconds) };
}

describe('own writes', () => {
  test('stand in for a cache that lags, until it has caught up', () => {
    const { writes } = at();
    const written = object('10');
    writes.note('Deployment', written);
    expect(writes.newest('Deployment', 'demo/phi', undefined)).toBe(written);
    expect(writes.newest('Deployment', 'demo/phi', object('9'))).toBe(written);
    expect(writes.newest('Service', 'demo/phi', undefined)).toBeUndefined();
    const newer = object('11');
    expect(writes.newest('Deployment', 'demo/phi', newer)).toBe(newer);
  });

  test('are forgotten when a watch has brought them, so that a deletion is believed', () => {
    const { writes } = at();
    writes.note('Deployment', object('10'));
    writes.seen('Deployment', object('9'));
    expect(writes.newest('Deployment', 'demo/phi', undefined)).toBeDefined();
    writes.seen('Deployment', object('10'));
    expect(writes.newest('Deployment', 'demo/phi', undefined)).toBeUndefined();
  });

  test('are known again when a watch brings them, and no other version is', () => {
    const { writes } = at();
    expect(writes.isLatest('Deployment', object('10'))).toBe(false);
    writes.note('Deployment', object('10'));
    expect(writes.isLatest('Deployment', object('10'))).toBe(true);
    expect(writes.isLatest('Deployment', object('11'))).toBe(false);
    expect(writes.isLatest('Service', object('10'))).toBe(false);
  });

  test('are forgotten after half a minute whatever the watches say', () => {
    const { writes, wait } = at();
    writes.note('Deployment', object('10'));
    wait(30_001);
    expect(writes.newest('Deployment', 'demo/phi', undefined)).toBeUndefined();
  });
});

test('an object that we deleted is seen as going before the watch says so', () => {
  const { writes } = at();
  const claim = { metadata: { name: 'ws1', uid: 'u1' } };
  expect(writes.marked(claim)).toBe(claim);
  writes.noteDeletion('u1');
  expect(writes.marked(claim).metadata).toMatchObject({ deletionTimestamp: expect.stringMatching(/Z$/) });
  const successor = { metadata: { name: 'ws1', uid: 'u2' } };
  expect(writes.marked(successor)).toBe(successor);
});
