import { describe } from 'vitest';
import { localCluster } from './cluster.test.data.ts';
import { operatorBehaviour } from './scenarios.test.data.ts';

describe('on the local cluster', () => {
  operatorBehaviour(localCluster);
});
