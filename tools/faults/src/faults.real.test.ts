import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Outcome } from './fault.ts';
import { faults } from './faults/index.ts';
import { prepareGround, type Ground } from './ground.ts';
import { printTable } from './print-table.ts';
import { runTable } from './run-table.ts';

const progress = (line: string): void => void process.stderr.write(`faults: ${line}\n`);
/** A pattern of names, to work on some of the rows. */
const only = new RegExp(process.env['KAITO_FAULTS'] ?? '');
const rows = faults.filter(({ name }) => only.test(name));

/** Skipped, with its name in the report, where containers cannot be made. */
describe.runIf(process.getuid?.() === 0)('as root: injected faults', () => {
  let ground: Ground;
  let outcomes: readonly Outcome[] = [];
  beforeAll(async () => {
    ground = await prepareGround(progress);
    outcomes = await runTable(rows, ground, { atOnce: 8, progress });
    process.stdout.write(`\n${printTable(outcomes)}\n\n`);
  }, 900_000);
  afterAll(() => ground?.close(), 120_000);

  test.each(rows)('$name is told as $expect.reason', ({ name }) => {
    const outcome = outcomes.find(({ fault }) => fault.name === name);
    expect(outcome?.problem).toBeUndefined();
  });
});

test('there are at least 25 faults, each with a reason of its own', () => {
  const reasons = faults.map(({ expect: { reason } }) => reason);
  expect(new Set(reasons).size).toBe(reasons.length);
  expect(reasons.length).toBeGreaterThanOrEqual(25);
});
