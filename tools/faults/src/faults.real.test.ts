import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Fault, Outcome } from './fault.ts';
import { faults } from './faults/index.ts';
import { prepareCloud, prepareNode, type Ground } from './ground.ts';
import { printTable } from './print-table.ts';
import { runTable } from './run-table.ts';

const progress = (line: string): void => void process.stderr.write(`faults: ${line}\n`);
/** A pattern of names, to work on some of the rows. */
const only = new RegExp(process.env['KAITO_FAULTS'] ?? '');
const rows = faults.filter(({ name }) => only.test(name));

const buys = ({ engine }: Fault): boolean => engine === 'bought nodes';

/** Skipped, with its name in the report, where containers cannot be made. */
describe.runIf(process.getuid?.() === 0)('as root: injected faults', () => {
  const grounds = new Map<boolean, Ground>();
  const closing = new AsyncDisposableStack();
  const groundOf = (row: Fault): Ground => {
    const ground = grounds.get(buys(row));
    if (ground === undefined) throw new Error(`no ground for ${row.name}`);
    return ground;
  };
  let outcomes: readonly Outcome[] = [];
  beforeAll(async () => {
    for (const [bought, prepare] of [
      [false, prepareNode],
      [true, prepareCloud],
    ] as const) {
      if (!rows.some((row) => buys(row) === bought)) continue;
      const ground = await prepare(progress);
      closing.defer(() => ground.close());
      grounds.set(bought, ground);
    }
    outcomes = await runTable(rows, { groundOf, atOnce: 8, progress });
    process.stdout.write(`\n${printTable(outcomes)}\n\n`);
  }, 1_800_000);
  afterAll(() => closing.disposeAsync(), 240_000);

  test.each(rows)('$name is told as $expect.reason', ({ name }) => {
    const outcome = outcomes.find(({ fault }) => fault.name === name);
    expect(outcome, 'it was not played').toBeDefined();
    expect(outcome?.problem).toBeUndefined();
  });
});
