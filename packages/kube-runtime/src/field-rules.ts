/** What has to be known about Kubernetes' built-in kinds to tell a difference from a default. Tables, no logic. */

/** The fields that make an element of a list the same element (the API's list-map-keys). */
export const listMapKeys: Readonly<Record<string, readonly (readonly string[])[]>> = {
  conditions: [['type']],
  containers: [['name']],
  env: [['name']],
  ephemeralContainers: [['name']],
  hostAliases: [['ip']],
  imagePullSecrets: [['name']],
  initContainers: [['name']],
  ownerReferences: [['uid']],
  // Of containers; of Services; of EndpointSlices and NetworkPolicies there are no keys in common.
  ports: [
    ['containerPort', 'protocol'],
    ['port', 'protocol'],
  ],
  resourceClaims: [['name']],
  topologySpreadConstraints: [['topologyKey', 'whenUnsatisfiable']],
  volumeDevices: [['devicePath']],
  volumeMounts: [['mountPath']],
  volumes: [['name']],
};

/** The value that a missing key field has. */
export const keyDefaults: Readonly<Record<string, unknown>> = { protocol: 'TCP' };

/** Lists that are sets: order means nothing, and others may have added elements. */
export const sets: ReadonlySet<string> = new Set(['finalizers']);

/** Fields whose value replaces the live one whole and into which the API server writes no defaults: any extra counts. */
export const exact: ReadonlySet<string> = new Set([
  'matchExpressions',
  'matchFields',
  'matchLabels',
  'nodeSelector',
  'nodeSelectorTerms',
  'preferredDuringSchedulingIgnoredDuringExecution',
  'requiredDuringSchedulingIgnoredDuringExecution',
  'tolerations',
]);

/** Parents of quantities: `1` and `1000m` are the same there, and only there. */
export const quantityMaps: ReadonlySet<string> = new Set([
  'allocatable',
  'capacity',
  'default',
  'defaultRequest',
  'hard',
  'limits',
  'max',
  'min',
  'requests',
  'used',
]);
export const quantityFields: ReadonlySet<string> = new Set(['sizeLimit', 'divisor', 'averageValue']);

/** Maps whose values are the user's text, whatever their keys are called. */
export const textMaps: ReadonlySet<string> = new Set([
  'annotations',
  'binaryData',
  'data',
  'labels',
  'stringData',
]);

/** Empty maps that mean something by being there. */
export const presence: ReadonlySet<string> = new Set(['emptyDir', 'namespaceSelector', 'podSelector']);

/** Fields that the API server leaves out when they are false, 0 or "". */
export const droppedWhenZero: ReadonlySet<string> = new Set([
  'hostIPC',
  'hostNetwork',
  'hostPID',
  'hostname',
  'message',
  'minReadySeconds',
  'nodeName',
  'note',
  'paused',
  'priorityClassName',
  'publishNotReadyAddresses',
  'readOnly',
  'stdin',
  'stdinOnce',
  'subPath',
  'subPathExpr',
  'subdomain',
  'tty',
  'unschedulable',
  'value',
  'workingDir',
]);

/** Of metadata, what a manager may want; the rest is the API server's. */
export const wantedMetadata: readonly string[] = ['labels', 'annotations', 'finalizers', 'ownerReferences'];
