import { expect, it } from 'vitest';
import { drawMishap, mishaps, seededRandom } from './mishap.ts';

function draw(count: number, share: number, isWrite: boolean): (string | undefined)[] {
  const random = seededRandom(7);
  return Array.from({ length: count }, () => drawMishap(random, share, isWrite));
}

it('draws the same mishaps for the same seed, as many as it should, of every sort', () => {
  const drawn = draw(5_000, 0.2, true);
  expect(drawn).toEqual(draw(5_000, 0.2, true));
  const unlucky = drawn.filter((mishap) => mishap !== undefined);
  expect(unlucky.length / drawn.length).toBeCloseTo(0.2, 1);
  expect([...new Set(unlucky)].toSorted()).toEqual([...mishaps].toSorted());
});

it('never answers a read with a conflict', () => {
  expect(draw(1_000, 1, false)).not.toContain('conflict');
});
