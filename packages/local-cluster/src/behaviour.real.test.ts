import { afterAll, beforeAll, describe, test } from 'vitest';
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

  for (const [topic, behaviours] of Object.entries(behaviourTable))
    describe.concurrent(topic, () => {
      for (const behaviour of behaviours)
        test(behaviour.name, { timeout: 90_000 }, () => stage.run(behaviour));
    });
});
