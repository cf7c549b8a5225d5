import type { NetworkInterfaceInfo } from 'node:os';
import { expect, test } from 'vitest';
import { listenWidely } from './listen-widely.ts';

function address(value: string, internal = false): NetworkInterfaceInfo {
  const family = value.includes(':') ? { family: 'IPv6' as const, scopeid: 0 } : { family: 'IPv4' as const };
  return { address: value, internal, netmask: '', mac: '', cidr: null, ...family };
}

const interfaces = {
  lo: [address('127.0.0.1', true)],
  eth0: [address('10.212.0.7'), address('fd00::7')],
};

test.each([
  ['a pod’s own address: all of the pod', '10.212.0.7', '0.0.0.0'],
  ['its IPv6 address: the same', 'fd00::7', '::'],
  ['an address of a machine that pods share: just that', '127.64.0.3', '127.64.0.3'],
  ['loopback: just that', '127.0.0.1', '127.0.0.1'],
])('%s', (_what, given, expected) => {
  expect(listenWidely(given, interfaces)).toBe(expected);
});
