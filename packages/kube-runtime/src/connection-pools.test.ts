import { expect, it } from 'vitest';
import { createConnectionPools, type ManagedPools } from './connection-pools.ts';

const tls = {};

const credentials = (): Promise<never> => Promise.reject(new Error('not asked'));

function pools(): ManagedPools {
  return createConnectionPools(
    { server: 'http://api.invalid', namespace: 'default', skipTlsVerify: false, credentials },
    2,
  );
}

it('puts a pool that failed out of use, once, and leaves the others', () => {
  const managed = pools();
  const before = managed.for(tls);
  managed.retire('requests', before.requests);
  const after = managed.for(tls);
  expect(after.requests).not.toBe(before.requests);
  expect(after.streams).toBe(before.streams);
  managed.retire('requests', before.requests);
  expect(managed.for(tls)).toBe(after);
});

it('takes nothing more on a pool that failed, and lets what runs on it end', async () => {
  const managed = pools();
  const { requests } = managed.for(tls);
  managed.retire('requests', requests);
  await expect(requests.request({ origin: 'http://api.invalid', path: '/', method: 'GET' })).rejects.toThrow(
    /closed/,
  );
});
