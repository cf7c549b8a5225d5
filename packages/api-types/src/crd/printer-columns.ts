import { conditionTypes } from '../names/conditions.ts';

/** One column of `kubectl get`. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date';
  readonly jsonPath: string;
}

const conditionColumn = (type: string): PrinterColumn => ({
  name: type,
  type: 'string',
  jsonPath: `.status.conditions[?(@.type=="${type}")].status`,
});

const instance: PrinterColumn = { name: 'Instance', type: 'string', jsonPath: '.resource.instanceType' };
const targetNodeCount: PrinterColumn = {
  name: 'TargetNodeCount',
  type: 'integer',
  jsonPath: '.status.targetNodeCount',
};
const state: PrinterColumn = { name: 'State', type: 'string', jsonPath: '.status.state' };
const age: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

const conditions = [
  conditionTypes.resourceReady,
  conditionTypes.inferenceReady,
  conditionTypes.jobStarted,
  conditionTypes.workspaceSucceeded,
].map(conditionColumn);

/** Columns by version, in the order and under the names that scripts already cut. */
export const workspaceColumns = {
  v1alpha1: [instance, ...conditions, age],
  v1beta1: [instance, ...conditions, targetNodeCount, state, age],
} as const satisfies Record<string, readonly PrinterColumn[]>;
