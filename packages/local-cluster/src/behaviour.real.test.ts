import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findControlPlane, type ControlPlane } from './behaviour/control-plane.ts';
import { behaviourTable, setStage, type Stage } from './behaviour/run.ts';

const found = findControlPlane();
if (!found.isPossible) process.stderr.write(`left out: behaviours of a real API server: ${found.reason}\n`);

describe.skipIf(!found.isPossible)('a real API server', () => {
  let plane: ControlPlane;
  let stage: Stage;

  beforeAll(async () => {
    plane = await found.start();
    stage = await setStage(plane);
  });

  afterAll(async () => {
    await stage?.close();
    await plane?.stop();
  });

  describe.concurrent.each(Object.entries(behaviourTable))('%s', (_topic, behaviours) => {
    test.each(behaviours)('$name', { timeout: 90_000 }, async (behaviour) => {
      await expect(stage.run(behaviour)).resolves.toBeUndefined();
    });
  });
});
