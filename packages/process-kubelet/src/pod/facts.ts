import type { BackOff, BackOffOptions } from './back-off.ts';
import { defaultTerminationGraceSeconds, type Container, type Pod, type RestartPolicy } from './pod.ts';

/** How a container's process ended. Times are epoch milliseconds. */
export interface ContainerExit {
  readonly exitCode: number;
  readonly signal?: number;
  readonly reason: string;
  readonly message?: string;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly containerId: string;
}

/** Where one container stands, as the agent sees it on this machine. */
export type ContainerPhase =
  | { readonly kind: 'idle' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'blocked'; readonly reason: string; readonly message: string; readonly retryAt: number }
  | RunningPhase
  | { readonly kind: 'exited'; readonly exit: ContainerExit };

export interface RunningPhase {
  readonly kind: 'running';
  readonly containerId: string;
  readonly startedAt: number;
  /** The startup probe passed, or there is none. */
  readonly started: boolean;
  readonly ready: boolean;
  readonly ending: boolean;
  /** When its time to leave is over; epoch milliseconds. */
  readonly endsAt?: number;
  /** Set by a failed probe or hook, or by a changed image. */
  readonly endRequested?: { readonly why: string; readonly graceSeconds: number };
}

/** `init` runs to completion before the next; `sidecar` is an init container that keeps running; `main` is the rest. */
export type ContainerRole = 'init' | 'sidecar' | 'main';

export interface ContainerFacts {
  readonly name: string;
  readonly role: ContainerRole;
  readonly phase: ContainerPhase;
  readonly restartCount: number;
  readonly imageId: string;
  readonly lastExit?: ContainerExit;
  readonly backOff?: BackOff;
}

export interface PodFacts {
  readonly restartPolicy: RestartPolicy;
  /** Volumes and address: made, being made, or failed until `retryAt`. */
  readonly preparation:
    | 'none'
    | 'running'
    | 'done'
    | { readonly retryAt: number; readonly message: string; readonly reason?: string };
  /** Set when every container has to end: the pod was deleted, has failed, or the agent stops. */
  readonly ending?: { readonly graceSeconds: number; readonly why: string };
  /** Init containers first, in their order. */
  readonly containers: readonly ContainerFacts[];
  readonly now: number;
  readonly backOff: BackOffOptions;
}

function containerRole(container: Container, isInit: boolean): ContainerRole {
  if (!isInit) return 'main';
  return container.restartPolicy === 'Always' ? 'sidecar' : 'init';
}

/** All containers of a pod, init containers first. */
export function podContainers(
  pod: Pod,
): readonly { readonly container: Container; readonly role: ContainerRole }[] {
  return [
    ...(pod.spec.initContainers ?? []).map((container) => ({
      container,
      role: containerRole(container, true),
    })),
    ...pod.spec.containers.map((container) => ({ container, role: containerRole(container, false) })),
  ];
}

/** How people and logs name a pod. */
export function podName({ metadata }: Pod): string {
  return `${metadata.namespace ?? 'default'}/${metadata.name}`;
}

/** How long its containers may take to end. */
export function podGraceSeconds({ spec }: Pod): number {
  return spec.terminationGracePeriodSeconds ?? defaultTerminationGraceSeconds;
}

/** Whether a container that exited is to run again under the pod's policy. */
export function isRestarted(role: ContainerRole, exit: ContainerExit, policy: RestartPolicy): boolean {
  const failed = exit.exitCode !== 0;
  if (role === 'sidecar') return true;
  if (role === 'init') return failed && policy !== 'Never';
  return policy === 'Always' || (policy === 'OnFailure' && failed);
}

/** Done for good: no process, and none to come. */
export function isFinished({ role, phase }: ContainerFacts, policy: RestartPolicy): boolean {
  return phase.kind === 'exited' && !isRestarted(role, phase.exit, policy);
}

export function isAlive({ phase }: ContainerFacts): boolean {
  return phase.kind === 'running' || phase.kind === 'starting';
}
