import { embeddedCatalogue } from '@kaito-ts/preset-catalog';
import { expect, test } from 'vitest';
import { warmUp } from './warm-up.ts';

test('goes all the way to a workload', () => {
  const plan = warmUp({ catalogue: embeddedCatalogue(), defaultRuntime: 'vllm', launcherImage: 'launcher' });
  expect(plan?.steps.map((step) => step.kind)).toContain('apply');
});
