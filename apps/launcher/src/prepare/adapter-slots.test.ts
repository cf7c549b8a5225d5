import { embeddedRuntimes, type FlagTable } from '@kaito-ts/preset-catalog/runtimes';
import { expect, test } from 'vitest';
import type { Delivery } from '../engines/engine.ts';
import { engineOf } from '../engines/index.ts';
import { fitSlots } from './adapter-slots.ts';

const runtimes = embeddedRuntimes();

function table(version?: string): FlagTable {
  const found = runtimes.find('vllm', version);
  if (found === undefined) throw new Error('no flags of vllm');
  return found;
}

function adapters(rank: number): Delivery {
  return { kind: 'peftModules', model: '/weights', modules: [{ name: 'own', path: '/fused' }], rank };
}

function fitted(rank: number, asked?: number, flags: FlagTable = table()): unknown {
  return fitSlots(adapters(rank), {
    engine: engineOf('vllm'),
    table: flags,
    flags: new Map(asked === undefined ? [] : [['max-lora-rank', [`--max-lora-rank=${asked}`]]]),
  });
}

test.each([
  [24, undefined, 32],
  [24, 8, 32],
  [24, 128, 128],
  [257, undefined, 320],
  [512, undefined, 512],
])('rank %i, asked for %j: %i', (rank, asked, expected) => {
  expect(fitted(rank, asked)).toMatchObject({ rank: expected });
});

test.each(runtimes.versions('vllm'))('vllm %s says which sizes exist', (version) => {
  expect(fitted(17, undefined, table(version))).toMatchObject({ rank: 32 });
});

test('sizes are those of the version in use', () => {
  const narrow = { ...table(), flags: new Map(table().flags) };
  const flag = narrow.flags.get('max-lora-rank');
  if (flag === undefined) throw new Error('no such flag');
  narrow.flags.set('max-lora-rank', { ...flag, choices: [64, 8] });
  expect(fitted(9, undefined, narrow)).toMatchObject({ rank: 64 });
});

test('a rank beyond the largest is the adapters’ fault, and both numbers are told', () => {
  expect(() => fitted(513)).toThrow(
    expect.objectContaining({
      failureClass: 'AdapterInvalid',
      message: expect.stringMatching(/rank 513; vllm 0\.32\.0 takes at most 512/u) as string,
    }) as Error,
  );
});

test('what needs no slots stays as it is', () => {
  const plain: Delivery = { kind: 'plain', model: '/weights' };
  expect(fitSlots(plain, { engine: engineOf('vllm'), table: table(), flags: new Map() })).toBe(plain);
});
