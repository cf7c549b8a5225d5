import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { behaviourTable, setStage, type Stage } from './behaviour/run.ts';
import { startLocalCluster, type LocalCluster } from './cluster.ts';

const faults: unknown[] = [];
let directory: string;
let cluster: LocalCluster;
let stage: Stage;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'local-cluster-'));
  cluster = await startLocalCluster({ stateDirectory: directory, report: (error) => faults.push(error) });
  stage = await setStage(cluster);
});

afterAll(async () => {
  await stage.close();
  await cluster.close();
  rmSync(directory, { recursive: true, force: true });
});

describe.concurrent.each(Object.entries(behaviourTable))('%s', (_topic, behaviours) => {
  test.each(behaviours)('$name', async (behaviour) => {
    await expect(stage.run(behaviour)).resolves.toBeUndefined();
  });
});

test('nothing went wrong inside', () => {
  expect(faults).toEqual([]);
});
