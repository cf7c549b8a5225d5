/** What is brought up. All of it builds from the Go module proxy. */
export const versions = {
  kubernetes: '1.34.3',
  etcd: 'v3.6.6',
  kwok: 'v0.7.0',
  helm: 'v3.19.0',
} as const;

export const binaryNames = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubectl',
  'kwok',
  'kubelet',
  'kube-proxy',
  'helm',
] as const;

export type BinaryName = (typeof binaryNames)[number];
