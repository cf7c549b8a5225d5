import { describe, expect, test } from 'vitest';
import { alternativeNodePoolName, nodeClaimName, nodePoolName } from './names.ts';

describe('names of NodePools', () => {
  test('are upstream’s', () => {
    expect(nodePoolName('demo', 'phi')).toBe('demo-phi');
    const long = nodePoolName('n'.repeat(40), 'w'.repeat(40));
    expect(long).toMatch(/^n{40}-w{12}-[0-9a-f]{9}$/);
    expect(long).toHaveLength(63);
  });

  test('collide, their alternatives do not', () => {
    expect(nodePoolName('a-b', 'c')).toBe(nodePoolName('a', 'b-c'));
    expect(alternativeNodePoolName('a-b', 'c')).not.toBe(alternativeNodePoolName('a', 'b-c'));
    expect(alternativeNodePoolName('n'.repeat(63), 'w'.repeat(63))).toHaveLength(63);
  });
});

describe('names of NodeClaims', () => {
  const workspace = { namespace: 'demo', name: 'phi', uid: 'u1', ordinal: 0 };

  test('are the same at every try, and fit an agent pool', () => {
    expect(nodeClaimName(workspace)).toBe(nodeClaimName({ ...workspace }));
    expect(nodeClaimName(workspace)).toMatch(/^ws[0-9a-f]{9}$/);
  });

  test('differ by node, and by the life of a Workspace', () => {
    const others = [{ ordinal: 1 }, { uid: 'u2' }, { name: 'phi2' }, { namespace: 'demo2' }];
    const names = [{}, ...others].map((change) => nodeClaimName(Object.assign({}, workspace, change)));
    expect(new Set(names).size).toBe(names.length);
  });
});
