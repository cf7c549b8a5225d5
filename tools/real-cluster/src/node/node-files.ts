import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { containerdSocket, registryOf, type NodePlan } from './plan.ts';

export const nodeFiles = {
  registry: 'registry.yaml',
  containerd: 'containerd.toml',
  kubelet: 'kubelet.json',
  kubeProxy: 'kube-proxy.json',
} as const;

function json(value: unknown): string {
  return JSON.stringify(value, undefined, 2);
}

/** Every image, whatever registry its name means, comes from the one on this machine. */
export function pauseImage(plan: NodePlan): string {
  return `${registryOf(plan)}/kaito/pause:1`;
}

export async function writeNodeFiles(plan: NodePlan, kubeconfigPath: string): Promise<void> {
  const { directory } = plan;
  const at = (name: string): string => join(directory, name);
  await mkdir(at('cni'), { recursive: true });
  await mkdir(at('certs.d/_default'), { recursive: true });
  await writeFile(at(nodeFiles.registry), json(registry(plan)));
  await writeFile(at(nodeFiles.containerd), containerd(plan));
  await writeFile(at('certs.d/_default/hosts.toml'), registryHosts(plan));
  await writeFile(at('cni/10-bridge.conflist'), json(bridge(plan)));
  await writeFile(at(nodeFiles.kubelet), json(kubelet(plan)));
  await writeFile(at(nodeFiles.kubeProxy), json(kubeProxy(plan, kubeconfigPath)));
}

function registry(plan: NodePlan): object {
  return {
    version: '0.1',
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(plan.directory, 'registry') }, delete: { enabled: true } },
    http: { addr: registryOf(plan) },
  };
}

function registryHosts(plan: NodePlan): string {
  const url = `http://${registryOf(plan)}`;
  return `server = "${url}"\n\n[host."${url}"]\n  capabilities = ["pull", "resolve"]\n`;
}

/** The two settings after the image suit nested machines, which may neither lower OOM scores nor have AppArmor. */
function containerd(plan: NodePlan): string {
  const { directory } = plan;
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return `version = 2
root = "${directory}/containerd"
state = "${directory}/containerd-state"
[grpc]
  address = "${containerdSocket(plan)}"
[plugins."io.containerd.internal.v1.opt"]
  path = "${directory}/opt"
[${cri}]
  sandbox_image = "${pauseImage(plan)}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  netns_mounts_under_state_dir = true
  [${cri}.containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [${cri}.containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [${cri}.containerd.runtimes.runc.options]
        SystemdCgroup = false
        Root = "${directory}/runc"
  [${cri}.cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${directory}/cni"
  [${cri}.registry]
    config_path = "${directory}/certs.d"
`;
}

function bridge({ cniName, podRange, directory }: NodePlan): object {
  const ipam = {
    type: 'host-local',
    dataDir: join(directory, 'addresses'),
    ranges: [[{ subnet: podRange }]],
    routes: [{ dst: '0.0.0.0/0' }],
  };
  const plugin = { type: 'bridge', bridge: 'pods', isGateway: true, ipMasq: false, hairpinMode: true, ipam };
  return { cniVersion: '1.0.0', name: cniName, plugins: [plugin] };
}

function kubelet(plan: NodePlan): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: plan.nodeAddress,
    containerRuntimeEndpoint: `unix://${containerdSocket(plan)}`,
    podLogsDir: join(plan.directory, 'pod-logs'),
    cgroupRoot: `/${plan.cgroup}`,
    cgroupDriver: 'cgroupfs',
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    failSwapOn: false,
    nodeStatusUpdateFrequency: '1s',
    syncFrequency: '5s',
    fileCheckFrequency: '1s',
    resolvConf: '',
    readOnlyPort: 0,
    healthzBindAddress: '127.0.0.1',
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1Gi', 'imagefs.available': '1Gi' },
    enforceNodeAllocatable: [],
  };
}

function kubeProxy({ podRange, nodeName }: NodePlan, kubeconfigPath: string): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    clusterCIDR: podRange,
    hostnameOverride: nodeName,
    clientConnection: { kubeconfig: kubeconfigPath },
    healthzBindAddress: '127.0.0.1:10256',
    metricsBindAddress: '127.0.0.1:10249',
    iptables: { minSyncPeriod: '100ms', syncPeriod: '30s' },
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  };
}
