import { describe } from 'vitest';
import { startNodeEngine } from './node.ts';
import { describeScenarios } from './scenarios.ts';

/** Skipped, with its name in the report, where containers cannot be made. */
describe.runIf(process.getuid?.() === 0)('as root', () => {
  describeScenarios('real control plane, real kubelet, containers', () =>
    startNodeEngine((line) => process.stderr.write(`node engine: ${line}\n`)),
  );
});
