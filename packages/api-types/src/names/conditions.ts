/** Condition types of a Workspace. */
export const conditionTypes = {
  nodesReady: 'NodesReady',
  nodeClaimReady: 'NodeClaimReady',
  resourceReady: 'ResourceReady',
  modelMirrorReady: 'ModelMirrorReady',
  inferenceReady: 'InferenceReady',
  benchmarkCompleted: 'BenchmarkCompleted',
  jobStarted: 'JobStarted',
  workspaceSucceeded: 'WorkspaceSucceeded',
  workspaceDeleting: 'WorkspaceDeleting',
} as const;

export type ConditionType = (typeof conditionTypes)[keyof typeof conditionTypes];

/** Order in which conditions are written, so that the first one that is not True names the first cause. */
export const conditionOrder: readonly ConditionType[] = [
  conditionTypes.nodesReady,
  conditionTypes.nodeClaimReady,
  conditionTypes.resourceReady,
  conditionTypes.modelMirrorReady,
  conditionTypes.inferenceReady,
  conditionTypes.benchmarkCompleted,
  conditionTypes.jobStarted,
  conditionTypes.workspaceSucceeded,
  conditionTypes.workspaceDeleting,
];

/** Values of `status.state`. */
export const workspaceStates = {
  pending: 'Pending',
  ready: 'Ready',
  notReady: 'NotReady',
  running: 'Running',
  succeeded: 'Succeeded',
  failed: 'Failed',
} as const;

export type WorkspaceState = (typeof workspaceStates)[keyof typeof workspaceStates];
