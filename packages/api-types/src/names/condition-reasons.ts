/** Reason strings with the sentence that explains each; where upstream has a string for the situation it is upstream's. */
const explained = {
  // Nodes
  NodesReady: ['NodesReady', 'Enough nodes match the selector and are ready.'],
  NodeNotReady: ['NodeNotReady', 'Nodes match, but too few of them are ready.'],
  NodesNotFound: ['NodesNotFound', 'No node matches the label selector and the instance type.'],
  InsufficientNodes: ['InsufficientNodes', 'Fewer nodes match than the model needs.'],
  InstanceTypeNotFound: [
    'InstanceTypeNotFound',
    'Nodes match the label selector, but none has the instance type.',
  ],
  NodeCordoned: ['NodeCordoned', 'The nodes that match are cordoned: no new pod may start there.'],
  NodeTainted: ['NodeTainted', 'The nodes that match have a taint that the pods do not tolerate.'],
  NodeDeleting: ['NodeDeleting', 'A node that matches is being deleted.'],
  NodeGone: ['NodeGone', 'The node that served the Workspace does not exist any more.'],
  NodePluginsNotReady: ['NodePluginsNotReady', 'Nodes are ready, but their GPUs are not advertised yet.'],
  NodeClaimsReady: ['NodeClaimsReady', 'Every requested machine is there.'],
  NodeClaimNotReady: ['NodeClaimNotReady', 'A requested machine is not there yet.'],
  NodeClaimTerminating: [
    'NodeClaimTerminating',
    'A machine of the Workspace is still going away; its successor is ordered when it is gone.',
  ],
  NodeClaimLaunchFailed: ['NodeClaimLaunchFailed', 'The provider could not make a requested machine.'],
  NodeClaimLost: ['NodeClaimLost', 'A NodeClaim was deleted before its machine was ready; another is made.'],
  NodeClaimTimedOut: [
    'NodeClaimTimedOut',
    'A requested machine was not ready within --node-claim-timeout; it is tried again.',
  ],
  NodeClaimRefused: ['NodeClaimRefused', 'The API server refuses to store a NodePool or NodeClaim.'],
  InsufficientCapacity: ['InsufficientCapacity', 'The cloud has no machine of the instance type to give.'],
  NodeQuotaExceeded: ['NodeQuotaExceeded', 'A quota of the cloud leaves no room for the requested machine.'],
  NodePoolConflict: ['NodePoolConflict', 'The names for a NodePool or NodeClaim belong to somebody else.'],
  NodePoolMismatch: [
    'NodePoolMismatch',
    'The NodePool of the Workspace makes other nodes than the Workspace asks for.',
  ],
  NodePoolNotReady: ['NodePoolNotReady', 'The provider does not accept the NodePool of the Workspace.'],
  StaticCapacityMissing: [
    'StaticCapacityMissing',
    'The installed Karpenter does not know NodePools with a fixed number of nodes (spec.replicas).',
  ],
  NodeClassNotFound: ['NodeClassNotFound', 'The NodeClass that machines are made by does not exist.'],
  NodeClassNotReady: ['NodeClassNotReady', 'The NodeClass that machines are made by is not ready.'],
  NodeProvisionerMissing: [
    'NodeProvisionerMissing',
    'The kinds of the chosen node provisioner are not installed.',
  ],
  InstanceTypeRequired: [
    'InstanceTypeRequired',
    'Machines are ordered for Workspaces, and resource.instanceType does not say which.',
  ],
  InstanceTypeUnknown: ['InstanceTypeUnknown', 'The catalogue does not know the instance type.'],
  InstanceTypeUnsupported: ['InstanceTypeUnsupported', 'The GPUs of the instance type cannot be used.'],
  InstanceTypeSpelling: [
    'InstanceTypeSpelling',
    'The instance type is spelled in another case than the cloud does it; the spelling of the cloud is used.',
  ],
  PreferredNodeUnknown: ['PreferredNodeUnknown', 'A preferred node does not exist; the others are used.'],
  // Resources
  ResourceReady: ['workspaceResourceStatusSuccess', 'The compute that the Workspace needs is there.'],
  ResourceNotReady: [
    'workspaceResourceStatusNotReady',
    'The compute that the Workspace needs is not there yet.',
  ],
  SizingFailed: ['SizingFailed', 'The model does not fit on the nodes that match.'],
  SizingUnknown: ['SizingUnknown', 'A fact that sizing needs is missing from the model record or the nodes.'],
  // Input
  SpecInvalid: ['SpecInvalid', 'The Workspace breaks a rule of the API.'],
  ModelUnknown: ['ModelUnknown', 'No catalogue or model record knows the preset.'],
  ModelRecordInvalid: ['ModelRecordInvalid', 'The record of the model lacks a fact or cannot be read.'],
  RuntimeUnsupported: ['RuntimeUnsupported', 'The chosen runtime cannot serve this model.'],
  ConfigMapNotFound: ['ConfigMapNotFound', 'The ConfigMap that the Workspace names does not exist.'],
  ConfigKeyMissing: [
    'ConfigKeyMissing',
    'The ConfigMap that the Workspace names has no inference_config.yaml.',
  ],
  ConfigUnreadable: ['ConfigUnreadable', 'The file inference_config.yaml is no YAML.'],
  ConfigInvalid: [
    'ConfigInvalid',
    'The file inference_config.yaml holds a setting that does not exist or a value that it cannot have.',
  ],
  SecretNotFound: ['SecretNotFound', 'A Secret that a container needs does not exist.'],
  TemplateUnsupported: [
    'TemplateUnsupported',
    'The pod template asks for something that this node cannot do.',
  ],
  TuningNotImplemented: [
    'TuningNotImplemented',
    'The tuning spec is valid, but this release does not run tuning yet.',
  ],
  // Inference workload
  InferenceReady: ['WorkspaceInferenceStatusSuccess', 'The current revision has answered a request.'],
  InferencePending: [
    'WorkspaceInferenceStatusPending',
    'The workload exists, but its pods are not ready yet.',
  ],
  RolloutInProgress: [
    'RolloutInProgress',
    'A new revision is being rolled out; the message names the one that serves meanwhile.',
  ],
  WorkloadUnschedulable: ['Unschedulable', 'The scheduler finds no place for a pod.'],
  ImagePullError: ['ImagePullError', 'An image of the pod cannot be pulled.'],
  ImageNotFound: ['ImageNotFound', 'The registry does not have an image of the pod.'],
  ImagePullDenied: ['ImagePullDenied', 'The registry refuses to give out an image of the pod.'],
  ImageNameInvalid: ['ImageNameInvalid', 'The reference of an image is none.'],
  ImageRunsAsRoot: ['ImageRunsAsRoot', 'An image runs as root where that is forbidden.'],
  PullSecretNotFound: ['PullSecretNotFound', 'A Secret among the imagePullSecrets does not exist.'],
  RegistryUnreachable: ['RegistryUnreachable', 'The registry of an image does not answer.'],
  ContainerStartError: ['ContainerStartError', 'A container could not be created or started.'],
  ContainerCrashLoop: ['ContainerCrashLoopBackOff', 'A container ends again and again.'],
  ContainerKilled: [
    'ContainerKilled',
    'A container was killed by a signal, as a failed liveness probe does it.',
  ],
  ContainerOutOfMemory: ['ContainerOOMKilled', 'A container was killed because it ran out of memory.'],
  NodeDiskPressure: ['NodeDiskPressure', 'A pod was evicted because its node ran out of disk.'],
  NodeMemoryPressure: ['NodeMemoryPressure', 'A pod was evicted because its node ran out of memory.'],
  PodEvicted: ['PodEvicted', 'A pod was evicted.'],
  DiskLimitExceeded: ['DiskLimitExceeded', 'A pod was evicted because it wrote more than its own limit.'],
  VolumeClaimNotFound: ['VolumeClaimNotFound', 'A PersistentVolumeClaim that the pod needs does not exist.'],
  VolumeClaimPending: ['VolumeClaimPending', 'A PersistentVolumeClaim that the pod needs has no volume yet.'],
  VolumeMountFailed: ['VolumeMountFailed', 'A volume of the pod cannot be mounted.'],
  SandboxFailed: ['SandboxFailed', 'The node cannot set up the network or the sandbox of a pod.'],
  AdapterCopyFailed: ['AdapterCopyFailed', 'The files of an adapter could not be copied out of its image.'],
  WeightsCopyFailed: ['WeightsCopyFailed', 'The weights could not be copied out of their image.'],
  LauncherInjectionFailed: ['LauncherInjectionFailed', 'The launcher could not be copied out of its image.'],
  InitContainerFailed: ['InitContainerFailed', 'An init container of the template failed.'],
  PodsRefused: ['PodsRefused', 'The API server refuses the pods of the workload.'],
  WriteRefused: ['WriteRefused', 'The API server refuses an object that the operator writes.'],
  NamespaceQuotaExceeded: ['NamespaceQuotaExceeded', 'A ResourceQuota of the namespace is used up.'],
  LimitRangeViolated: ['LimitRangeViolated', 'A LimitRange of the namespace refuses the pods.'],
  PodSecurityViolated: ['PodSecurityViolated', 'The Pod Security level of the namespace refuses the pods.'],
  ServiceAccountNotFound: ['ServiceAccountNotFound', 'The ServiceAccount of the pods does not exist.'],
  AdmissionDenied: ['AdmissionDenied', 'An admission policy or webhook of somebody else refuses it.'],
  WebhookUnavailable: ['WebhookUnavailable', 'An admission webhook that must be asked does not answer.'],
  OperatorForbidden: ['OperatorForbidden', 'The operator lacks the right to do what is needed.'],
  WorkloadConflict: ['WorkloadConflict', 'A workload of that name exists and belongs to someone else.'],
  ServiceNameTaken: ['ServiceNameTaken', 'A Service of that name exists and belongs to someone else.'],
  // What the launcher reports in its termination message
  AdapterInvalid: ['AdapterInvalid', 'An adapter cannot be read or does not fit the base model.'],
  RuntimeCrashed: ['RuntimeCrashed', 'The runtime ended by itself with an error.'],
  RuntimeKilled: ['RuntimeKilled', 'The runtime was ended by a signal.'],
  RuntimeOutOfMemory: ['OutOfMemory', 'The runtime ran out of GPU or main memory.'],
  ModelNotFound: ['ModelNotFound', 'The weights are not where the record says.'],
  ModelInvalid: ['ModelInvalid', 'The weights are there, but the runtime cannot read them.'],
  FlagRejected: ['FlagRejected', 'The runtime refused a command-line flag.'],
  PortInUse: ['PortInUse', 'The port of the endpoint was taken.'],
  AccessDenied: ['AccessDenied', 'The model is gated and the token is missing or has no access.'],
  CanaryFailed: [
    'CanaryFailed',
    'The runtime is up, but what it was first asked for through the port (a completion, or what its model can) failed.',
  ],
  DownloadFailed: ['DownloadFailed', 'The weights could not be downloaded.'],
  DriverMissing: ['DriverMissing', 'The GPU driver cannot be reached from the container.'],
  GpuFault: ['GpuFault', 'The GPU reported a fault.'],
  GpuMemoryBusy: ['GpuMemoryBusy', 'Another process holds memory of the GPU.'],
  KvCacheTooSmall: [
    'KvCacheTooSmall',
    'Memory left for the KV cache does not hold one request of the asked length.',
  ],
  LauncherFault: ['LauncherFault', 'The launcher itself failed; this is a bug.'],
  ProgramNotFound: ['ProgramNotFound', 'The runtime image lacks the program that should run.'],
  RuntimeExited: ['RuntimeExited', 'The runtime ended by itself without an error.'],
  RuntimeHung: ['RuntimeHung', 'The runtime runs, but it does not answer any more.'],
  StartTimeout: ['StartTimeout', 'The runtime did not become ready in time.'],
  UnsupportedModel: ['UnsupportedModel', 'The runtime does not know the architecture of the model.'],
  // Benchmark
  BenchmarkCompleted: [
    'BenchmarkCompleted',
    'The benchmark has run and its result is in status.performance.',
  ],
  BenchmarkFailed: ['BenchmarkFailed', 'The benchmark gave no usable result.'],
  // Tuning
  TuningStarted: ['WorkspaceTuningJobStatusStarted', 'The tuning Job is running or done.'],
  TuningPending: ['WorkspaceTuningJobStatusPending', 'The tuning Job has not started.'],
  TuningFailed: ['WorkspaceTuningJobStatusFailed', 'The tuning Job failed.'],
  // Whole Workspace
  WorkspaceSucceeded: ['workspaceSucceeded', 'Everything the Workspace asks for is there and works.'],
  WorkspacePending: ['workspacePending', 'The Workspace waits for another condition, which says why.'],
  WorkspaceFailed: ['workspaceFailed', 'The Workspace failed and will not recover by itself.'],
  WorkspaceDeleting: ['workspaceDeleted', 'The Workspace is being deleted.'],
  ReconcileFailed: ['ReconcileFailed', 'The last attempt ended with an error and will be repeated.'],
} as const satisfies Record<string, readonly [reason: string, explanation: string]>;

type Explained = typeof explained;

/** Condition reasons by the situation they stand for. */
export const conditionReasons = Object.fromEntries(
  Object.entries(explained).map(([situation, [reason]]) => [situation, reason]),
) as { readonly [Situation in keyof Explained]: Explained[Situation][0] };

export type ConditionReason = Explained[keyof Explained][0];

const explanations: ReadonlyMap<string, string> = new Map(Object.values(explained));

/** Says in one sentence what a reason means; undefined for a reason that is not ours. */
export function explainReason(reason: string): string | undefined {
  return explanations.get(reason);
}
