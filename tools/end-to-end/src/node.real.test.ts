import { afterAll, describe } from 'vitest';
import { describeBadInput } from './bad-input.ts';
import { shareEngine } from './engine.ts';
import { describeLifecycle } from './lifecycle.ts';
import { startNodeEngine } from './node.ts';
import { describeRights } from './rights.ts';
import { describeScenarios } from './scenarios.ts';

/** Skipped, with its name in the report, where containers cannot be made. */
describe.runIf(process.getuid?.() === 0)('as root', () => {
  const name = 'real control plane, real kubelet, containers, the chart';
  const shared = shareEngine(() => startNodeEngine((line) => process.stderr.write(`node engine: ${line}\n`)));
  afterAll(() => shared.close(), 300_000);

  describeScenarios(name, shared.start);
  describeBadInput(name, shared.start);

  describeRights(name, shared.start);
  describeLifecycle(name, shared.start);
});
