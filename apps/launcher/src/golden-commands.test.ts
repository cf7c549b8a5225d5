import { expect, test } from 'vitest';
import { goldenCommands } from './testing/golden-commands.ts';

test('command lines are as reviewed; the real parsers judge the same ones in the slow tier', async () => {
  await expect(`${JSON.stringify(goldenCommands(), null, 2)}\n`).toMatchFileSnapshot(
    '../fixtures/golden-commands.json',
  );
});
