/**
 * Brings up a real Kubernetes for tests: the control plane as ordinary processes of this machine.
 *
 * - `startRealCluster` starts one and waits until pods can be made; several at once do not disturb each other. Its
 *   components can be killed and started singly, to see what that does to clients.
 * - `ensureBinary` finds etcd, kube-apiserver and the others in KUBEBUILDER_ASSETS or builds them from Go modules into
 *   a cache outside the repository; `kubectlPath` is the kubectl among them.
 * - `stopCluster` and `clusterStatus` work from the state file, in another process and after a crash.
 * - With `node`, a real node in a network namespace of its own: containerd, kubelet, kube-proxy, and a registry that
 *   every image comes from. Its pods and ClusterIPs are reached from this machine. `ensureNodePackages` installs what
 *   that needs of Debian.
 *
 * It knows processes, ports and files; of Kubernetes' objects only nodes, which kwok plays.
 */
export { cacheDirectory, ensureBinary, kubectlPath, type BinariesOptions } from './binaries.ts';
export { createProgram, type Output } from './command-line.ts';
export { stopCluster } from './down.ts';
export { execute } from './execute.ts';
export { BinaryUnavailableError } from './go-build.ts';
export { ensureNodePackages } from './node/packages.ts';
export { freePorts } from './ports.ts';
export {
  startRealCluster,
  type RealCluster,
  type RealClusterOptions,
  type RealNode,
} from './real-cluster.ts';
export { clusterStatus, type ClusterStatus } from './status.ts';
export { binaryNames, versions, type BinaryName } from './versions.ts';
export { waitFor, type WaitOptions } from './wait-for.ts';
