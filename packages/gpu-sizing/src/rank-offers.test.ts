import { describe, expect, test } from 'vitest';
import { factsOf } from './models.test.data.ts';
import { rankOffers, type Offer, type RankedOffer, type RankRequest } from './rank-offers.ts';

function offer(name: string, gib: number, perHour?: number): Offer {
  return {
    name,
    device: { kind: 'gpu', count: 1, memoryBytes: gib * 1e9, model: name },
    ...(perHour !== undefined && {
      price: { perHour, currency: 'USD', region: 'here', date: '2026-01-01' },
    }),
  };
}

const [dear, small, cheap] = [offer('dear', 80, 9), offer('small', 15, 0.5), offer('cheap', 48, 2)];

function ranked(overrides: Partial<RankRequest> = {}): readonly RankedOffer[] {
  return rankOffers({
    model: factsOf('llama-3.1-8b-instruct'),
    offers: [dear, small, cheap],
    runtime: { engine: 'vllm', version: '0.32.0' },
    settings: { maxModelLen: 8192, concurrency: 8 },
    mostNodes: 1,
    ...overrides,
  });
}

function told(offers: readonly RankedOffer[]): unknown {
  return offers.map(({ offer: own, lostBecause }) => [own.name, lostBecause]);
}

describe('a ranking', () => {
  test('puts the cheapest that fits first and says why the rest lost', () => {
    expect(told(ranked())).toEqual([
      ['cheap', undefined],
      ['dear', 'costs 4.5 times as much'],
      ['small', expect.stringContaining('weights of')],
    ]);
  });

  test('counts the price of all nodes, and takes fewer nodes at the same price', () => {
    const two = ranked({
      offers: [offer('half', 15, 1), offer('whole', 48, 2)],
      mostNodes: 2,
      settings: { maxModelLen: 4096 },
    });
    expect(two.map(({ offer: own, pricePerHour, plan }) => [own.name, pricePerHour, plan.nodeCount])).toEqual(
      [
        ['whole', 2, 1],
        ['half', 2, 2],
      ],
    );
  });

  test('leaves out what costs too much, with the reason', () => {
    const [first, ...rest] = ranked({ highestPrice: 1 });
    expect(first?.plan.verdict).toBe('doesNotFit');
    expect([first, ...rest].map((own) => own?.plan.reasons[0])).toContain(
      'costs 2.00 an hour, at most 1 is wanted',
    );
  });

  test('puts machines without a price behind those that have one', () => {
    const unpriced = { ...offer('unpriced', 80), noPrice: 'no spot price known for unpriced' };
    expect(told(ranked({ offers: [unpriced, dear] }))).toEqual([
      ['dear', undefined],
      ['unpriced', 'no spot price known for unpriced'],
    ]);
  });

  test('names what makes a machine unusable', () => {
    const amd = { ...offer('amd', 80, 0.1), unusable: 'its GPU is another maker’s' };
    expect(told(ranked({ offers: [amd, cheap] }))).toEqual([
      ['cheap', undefined],
      ['amd', 'its GPU is another maker’s'],
    ]);
  });
});
