/** Label keys that we write or read. */
export const labels = {
  /** Pods, Jobs and NodeClaims: name of their Workspace. Services select by it. */
  workspace: 'kaito.sh/workspace',
  /** NodeClaims and nodes: namespace of their Workspace. */
  workspaceNamespace: 'kaito.sh/workspacenamespace',
  /** Pods and NodeClaims: name of their RAGEngine. */
  ragEngine: 'kaito.sh/ragengine',
  /** NodeClaims: namespace of their RAGEngine. */
  ragEngineNamespace: 'kaito.sh/ragenginenamespace',
  /** Child Workspaces and their pods: name of the InferenceSet that made them. */
  inferenceSetCreatedBy: 'inferenceset.kaito.sh/created-by',
  /** Child InferenceSets, their Workspaces and pods: name of the MultiRoleInference that made them. */
  multiRoleInferenceCreatedBy: 'multiroleinference.kaito.sh/created-by',
  /** `prefill` or `decode`. */
  inferenceRole: 'kaito.sh/inference-role',
  /** ControllerRevisions: name of their Workspace. */
  workspaceRevisionOwner: 'workspace.kaito.io/name',
  /** Karpenter objects: name of their Workspace. */
  karpenterWorkspaceName: 'karpenter.kaito.sh/workspace-name',
  /** Karpenter objects: namespace of their Workspace. */
  karpenterWorkspaceNamespace: 'karpenter.kaito.sh/workspace-namespace',
  /** Karpenter objects: name of the InferenceSet. */
  karpenterInferenceSet: 'karpenter.kaito.sh/inferenceset',
  /** Karpenter objects: namespace of the InferenceSet. */
  karpenterInferenceSetNamespace: 'karpenter.kaito.sh/inferenceset-namespace',
  /** NodePools and NodeClasses that we made: `kaito`. */
  karpenterManagedBy: 'karpenter.kaito.sh/managed-by',
  /** The NodeClass that is used when a Workspace names none: `true`. */
  karpenterDefault: 'karpenter.kaito.sh/default',
  /** NodeClaims and nodes: the pool they belong to; `kaito` for the GPU provisioner's. */
  nodePool: 'karpenter.sh/nodepool',
  /** Nodes: `nvidia` when they carry NVIDIA GPUs. */
  accelerator: 'accelerator',
  /** Nodes: the machine's instance type, written by the cloud or the node agent. */
  nodeInstanceType: 'node.kubernetes.io/instance-type',
  /** Nodes: host name. */
  nodeHostname: 'kubernetes.io/hostname',
} as const;

/** Keys that the provisioners own: in `resource.labelSelector` they are ignored, and alone they select nothing. */
export const reservedSelectorKeys = [
  labels.workspace,
  labels.workspaceNamespace,
  labels.ragEngine,
  labels.ragEngineNamespace,
  labels.karpenterWorkspaceName,
  labels.karpenterWorkspaceNamespace,
  labels.karpenterInferenceSet,
  labels.karpenterInferenceSetNamespace,
] as const;
