import { describe, expect, it } from 'vitest';
import { annotations } from './annotations.ts';
import { conditionReasons, explainReason } from './condition-reasons.ts';
import { conditionOrder, conditionTypes } from './conditions.ts';
import { finalizers } from './finalizers.ts';
import { labels } from './labels.ts';

describe('condition reasons', () => {
  const reasons = Object.values(conditionReasons);

  it.each(reasons)('%s is a word that the API server takes', (reason) => {
    expect(reason).toMatch(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/);
  });

  it.each(reasons)('%s is explained in a sentence', (reason) => {
    expect(explainReason(reason)).toMatch(/^[A-Z].*\.$/);
  });

  it('are all different', () => {
    expect(new Set(reasons).size).toBe(reasons.length);
  });

  it('keep the words that upstream has for a situation', () => {
    expect(conditionReasons).toMatchObject({
      NodesReady: 'NodesReady',
      NodeNotReady: 'NodeNotReady',
      ResourceReady: 'workspaceResourceStatusSuccess',
      InferenceReady: 'WorkspaceInferenceStatusSuccess',
      InferencePending: 'WorkspaceInferenceStatusPending',
      WorkloadUnschedulable: 'Unschedulable',
      ContainerOutOfMemory: 'ContainerOOMKilled',
      WorkspaceSucceeded: 'workspaceSucceeded',
      WorkspacePending: 'workspacePending',
    });
  });

  it('of someone else have no explanation here', () => {
    expect(explainReason('SomethingElse')).toBeUndefined();
  });
});

it('every condition has its place in the order', () => {
  expect(new Set(conditionOrder)).toEqual(new Set(Object.values(conditionTypes)));
  expect(conditionOrder).toHaveLength(Object.values(conditionTypes).length);
});

it.each([...Object.values(labels), ...Object.values(annotations), ...Object.values(finalizers)])(
  '%s is a key',
  (key) => {
    expect(key).toMatch(/^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/);
  },
);
