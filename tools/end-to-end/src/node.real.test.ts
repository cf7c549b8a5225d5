import { describe, test } from 'vitest';
import { startNodeEngine } from './node.ts';
import { describeScenarios } from './scenarios.ts';

const name = 'real control plane, real kubelet, containers';

if (process.getuid?.() === 0) describeScenarios(name, () => startNodeEngine(print));
else {
  print(`left out, for containers need root: ${name}`);
  describe.skip(name, () => {
    test('needs root', () => {});
  });
}

function print(line: string): void {
  process.stderr.write(`node engine: ${line}\n`);
}
