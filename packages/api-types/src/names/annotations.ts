/** Annotation keys: what a user may write on a Workspace, and what we write. */
export const annotations = {
  /** Runtime that serves the model: `vllm`, `transformers` or `llamacpp`. */
  runtime: 'kaito.sh/runtime',
  /** Exactly `True`: the Service becomes a LoadBalancer. Any other text does nothing. */
  enableLoadBalancer: 'kaito.sh/enablelb',
  /** Present with any value: sizing refusals become warnings. */
  bypassResourceChecks: 'kaito.sh/bypass-resource-checks',
  /** `ubuntu` or `azurelinux`; read by the gpu-provisioner path only. */
  nodeImageFamily: 'kaito.sh/node-image-family',
  /** NodeClass for Karpenter; read by the Karpenter path only. */
  nodeClassName: 'kaito.sh/node-class-name',
  /** Exactly `true`: no benchmark. */
  disableBenchmark: 'kaito.sh/disable-benchmark',
  /** `balanced`, `interactivity` or `throughput`. */
  performanceMode: 'kaito.sh/performance-mode',
  /** `true`: weights are read from a directory of the node. */
  useLocalWeights: 'kaito.sh/use-local-weights',
  /** `disabled`: weights are downloaded, not streamed. */
  modelStreaming: 'kaito.sh/model-streaming',
  /** StorageClass of the model mirror. */
  modelMirrorStorageClass: 'kaito.sh/model-mirror-storage-class',
  /** ServiceAccount that streaming pods run under. */
  streamingServiceAccount: 'kaito.sh/streaming-service-account',
  /** `true`: the weights already lie elsewhere. */
  staticModelMirror: 'inference.kaito.sh/static-model-mirror',
  /** Where the static mirror's data references are. */
  streamDatarefsUrl: 'inference.kaito.sh/stream-datarefs-url',
  /** Identity that may read the static mirror. */
  streamIdentityClientId: 'inference.kaito.sh/stream-identity-client-id',
  /** `public` or `byo`. */
  streamSourceType: 'inference.kaito.sh/stream-source-type',
  /** Written by us on workloads and pod templates: the revision they were built from. */
  revision: 'kaito.sh/revision',
  /** Written by upstream's controller: SHA-256 of the spec. */
  upstreamHash: 'workspace.kaito.io/hash',
  /** Written by upstream's controller: running revision number. */
  upstreamRevision: 'workspace.kaito.io/revision',
} as const;

/** Runtimes that `kaito.sh/runtime` may name. */
export const runtimeNames = ['vllm', 'transformers', 'llamacpp'] as const;

export type RuntimeName = (typeof runtimeNames)[number];
