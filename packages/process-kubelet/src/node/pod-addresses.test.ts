import { expect, test } from 'vitest';
import { createPodAddresses } from './pod-addresses.ts';

test('one address per pod, resting before it is used again', () => {
  const addresses = createPodAddresses('10.0.0.0/29');
  expect([addresses.assign('a'), addresses.assign('b'), addresses.assign('a')]).toEqual([
    '10.0.0.2',
    '10.0.0.3',
    '10.0.0.2',
  ]);
  addresses.release('a');
  expect(['c', 'd', 'e', 'f'].slice(0, 3).map((pod) => addresses.assign(pod))).toEqual([
    '10.0.0.4',
    '10.0.0.5',
    '10.0.0.6',
  ]);
  expect(addresses.assign('f')).toBe('10.0.0.2');
  expect(() => addresses.assign('g')).toThrow('all 5 addresses of 10.0.0.0/29 are in use');
});

test('a wish is granted when it is free and of this range', () => {
  const addresses = createPodAddresses('127.64.0.0/16');
  expect(addresses.assign('a', '127.64.3.9')).toBe('127.64.3.9');
  expect(addresses.assign('b', '127.64.3.9')).toBe('127.64.0.2');
  expect(addresses.assign('c', '10.1.1.1')).toBe('127.64.0.3');
});

test.each(['', '10.0.0.0', '10.0.0/24', '10.0.0.0/33', '10.0.0.300/24', '10.0.0.0/31'])(
  '%j is refused',
  (range) => {
    expect(() => createPodAddresses(range)).toThrow('is not an IPv4 range');
  },
);
