import { expect, test } from 'vitest';
import { resourceOf } from './write-gate.ts';

test.each([
  ['/apis/karpenter.sh/v1/nodeclaims', 'create', 'nodeclaims'],
  ['/apis/karpenter.sh/v1/nodepools/a', 'patch', 'nodepools'],
  ['/apis/kaito.sh/v1beta1/namespaces/n/workspaces/w/status', 'patch', 'workspaces/status'],
  ['/api/v1/namespaces/n/pods/p?x=y', 'delete', 'pods'],
  ['/api/v1/namespaces/n', 'delete', 'namespaces'],
] as const)('%s %s is about %s', (url, verb, resource) => {
  expect(resourceOf(url, verb)).toBe(resource);
});
