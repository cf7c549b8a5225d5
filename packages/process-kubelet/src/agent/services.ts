import type { ContainerImages } from '../images/container-images.ts';
import type { LogRotation } from '../logs/container-log.ts';
import type { GpuAllocator } from '../node/gpu-allocator.ts';
import type { PodAddresses } from '../node/pod-addresses.ts';
import type { BackOffOptions } from '../pod/back-off.ts';
import type { Pod } from '../pod/pod.ts';
import type { ProcessHost } from '../process/container-process.ts';
import type { VolumeSources } from '../volumes/payload.ts';
import type { PodApi } from './pod-api.ts';

export interface AgentLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}

/** Tells people what happens to a pod, as Kubernetes Events. */
export interface PodEvents {
  normal(pod: Pod, reason: string, message: string): void;
  warning(pod: Pod, reason: string, message: string): void;
}

/** What every pod on this node shares. */
export interface NodeServices {
  readonly api: PodApi;
  readonly events: PodEvents;
  readonly log: AgentLog;
  readonly images: ContainerImages;
  readonly sources: VolumeSources;
  readonly addresses: PodAddresses;
  readonly gpus: GpuAllocator;
  readonly host: ProcessHost;
  /** First part of every process marker: names this agent's state folder. */
  readonly agentId: string;
  readonly hostIP: string;
  readonly allocatable: Readonly<Record<string, string>>;
  readonly podsDirectory: string;
  readonly backOff: BackOffOptions;
  readonly logRotation: LogRotation;
  /** How often volumes follow their ConfigMaps and Secrets. */
  readonly refreshMilliseconds: number;
  /** Wait before another try when configuration, image or API server were not there. */
  readonly retryMilliseconds: number;
}
