import { describe } from 'vitest';
import { realCluster } from './cluster.test.data.ts';
import { operatorBehaviour } from './scenarios.test.data.ts';

describe('on a real API server', () => {
  operatorBehaviour(realCluster);
});
