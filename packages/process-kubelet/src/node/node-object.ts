import { arch, hostname, platform, release } from 'node:os';
import type { KubeObject } from '@kaito-ts/kube-runtime';
import type { GpuInventory } from './capacity.ts';

export interface NodeDescription {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly capacity: Readonly<Record<string, string>>;
  readonly gpus: GpuInventory;
  readonly machineId: string;
  readonly bootId: string;
  readonly version: string;
}

export interface NodeCondition {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
  readonly lastHeartbeatTime: string;
  readonly lastTransitionTime: string;
}

export interface NodeObject extends KubeObject {
  readonly spec?: { readonly taints?: readonly unknown[] | undefined } | undefined;
  readonly status?: { readonly conditions?: readonly NodeCondition[] | undefined } | undefined;
}

export function nodeLabels({ name, labels, gpus }: NodeDescription): Readonly<Record<string, string>> {
  return {
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': platform(),
    'kubernetes.io/arch': goArchitecture(),
    ...(gpus.count === 0 ? {} : { 'nvidia.com/gpu.count': String(gpus.count) }),
    ...(gpus.product === undefined ? {} : { 'nvidia.com/gpu.product': gpus.product }),
    ...(gpus.memoryMiB === undefined ? {} : { 'nvidia.com/gpu.memory': String(gpus.memoryMiB) }),
    ...labels,
  };
}

/** The whole status of our Node; `previous` conditions keep their transition times, and those of others stay. */
export function nodeStatus(
  description: NodeDescription,
  {
    ready,
    now,
    previous,
  }: { readonly ready: boolean; readonly now: number; readonly previous: readonly NodeCondition[] },
): Readonly<Record<string, unknown>> {
  const { address, port, capacity, name } = description;
  const time = `${new Date(now).toISOString().slice(0, 19)}Z`;
  const own = nodeVerdicts(ready).map((verdict): NodeCondition => {
    const before = previous.find(({ type }) => type === verdict.type);
    const lastTransitionTime = before?.status === verdict.status ? before.lastTransitionTime : time;
    return Object.assign({ lastHeartbeatTime: time, lastTransitionTime }, verdict);
  });
  return {
    capacity,
    allocatable: capacity,
    conditions: [...own, ...previous.filter(({ type }) => !own.some((condition) => condition.type === type))],
    addresses: [
      { type: 'InternalIP', address },
      { type: 'Hostname', address: name },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
    nodeInfo: {
      machineID: description.machineId,
      systemUUID: description.machineId,
      bootID: description.bootId,
      kernelVersion: release(),
      osImage: `${platform()} on ${hostname()}`,
      containerRuntimeVersion: `process://${description.version}`,
      kubeletVersion: `v${description.version}-process-kubelet`,
      kubeProxyVersion: '',
      operatingSystem: platform(),
      architecture: goArchitecture(),
    },
  };
}

type Verdict = Pick<NodeCondition, 'type' | 'status' | 'reason' | 'message'>;

function nodeVerdicts(ready: boolean): readonly Verdict[] {
  return [
    {
      type: 'MemoryPressure',
      status: 'False',
      reason: 'KubeletHasSufficientMemory',
      message: 'process-kubelet does not measure memory pressure',
    },
    {
      type: 'DiskPressure',
      status: 'False',
      reason: 'KubeletHasNoDiskPressure',
      message: 'process-kubelet does not measure disk pressure',
    },
    {
      type: 'PIDPressure',
      status: 'False',
      reason: 'KubeletHasSufficientPID',
      message: 'process-kubelet does not measure process pressure',
    },
    ready
      ? {
          type: 'Ready',
          status: 'True',
          reason: 'KubeletReady',
          message: 'process-kubelet is posting ready status',
        }
      : {
          type: 'Ready',
          status: 'False',
          reason: 'KubeletStopped',
          message: 'process-kubelet was stopped and has ended its pods',
        },
  ];
}

function goArchitecture(): string {
  return arch() === 'x64' ? 'amd64' : arch();
}
