import { describe, expect, test } from 'vitest';
import type { BoundedEngine } from './engine.ts';

/** To be called after others: it judges all that the operator asked for while the suites before ran. */
export function describeRights(name: string, start: () => Promise<BoundedEngine>): void {
  describe(`${name}: rights`, () => {
    test("nothing was refused to the chart's ServiceAccount", async () => {
      const engine = await start();
      expect(await engine.refusals()).toEqual([]);
    }, 300_000);
  });
}
