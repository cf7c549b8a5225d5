/** Finalizers, as upstream writes them, so that either operator can finish the other's objects. */
export const finalizers = {
  workspace: 'workspace.finalizer.kaito.sh',
  inferenceSet: 'inferenceset.finalizer.kaito.sh',
  ragEngine: 'ragengine.finalizer.kaito.sh',
  multiRoleInference: 'multiroleinference.kaito.sh/finalizer',
  modelMirror: 'kaito.sh/model-mirror-cleanup',
} as const;
