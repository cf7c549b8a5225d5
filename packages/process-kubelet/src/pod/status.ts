import { restartAllowedAt } from './back-off.ts';
import { podConditions } from './conditions.ts';
import {
  isAlive,
  isFinished,
  podContainers,
  type ContainerExit,
  type ContainerFacts,
  type PodFacts,
} from './facts.ts';
import type {
  Container,
  ContainerState,
  ContainerStatus,
  Pod,
  PodPhase,
  PodStatus,
  TerminatedState,
} from './pod.ts';

export interface StatusInput {
  readonly pod: Pod;
  readonly facts: PodFacts;
  readonly hostIP: string;
  /** Absent until the pod is prepared. */
  readonly podIP?: string;
  readonly startedAt: number;
  readonly reported?: PodStatus | undefined;
}

/** The whole status of a pod as this agent reports it; conditions of other writers are kept. */
export function podStatus(input: StatusInput): PodStatus {
  const { pod, facts, hostIP, podIP, startedAt } = input;
  const phase = podPhase(facts);
  const statuses = podContainers(pod).flatMap(({ container, role }) => {
    const found = facts.containers.find(({ name }) => name === container.name);
    return found === undefined ? [] : [{ role, status: containerStatus(container, found, { pod, facts }) }];
  });
  const initContainerStatuses = statuses.filter(({ role }) => role !== 'main').map(({ status }) => status);
  const containerStatuses = statuses.filter(({ role }) => role === 'main').map(({ status }) => status);
  return {
    phase,
    conditions: podConditions({
      pod,
      facts,
      phase,
      statuses: [...initContainerStatuses, ...containerStatuses],
      reported: input.reported?.conditions,
    }),
    hostIP,
    hostIPs: [{ ip: hostIP }],
    ...(podIP === undefined ? {} : { podIP, podIPs: [{ ip: podIP }] }),
    startTime: pod.status?.startTime ?? timestamp(startedAt),
    ...(initContainerStatuses.length === 0 ? {} : { initContainerStatuses }),
    containerStatuses,
  };
}

/** The last status of a deleted pod: whatever was to come, it has ended now. */
export function endedPodStatus(input: StatusInput): PodStatus {
  const main = input.facts.containers.filter(({ role }) => role === 'main');
  const phase = main.every((each) => succeeded(each)) ? 'Succeeded' : 'Failed';
  return { ...podStatus(input), phase };
}

function podPhase({ containers, restartPolicy }: PodFacts): PodPhase {
  const init = containers.filter(({ role }) => role === 'init');
  const main = containers.filter(({ role }) => role === 'main');
  const alive = containers.some((each) => isAlive(each));
  if (!alive && init.some((each) => isFinished(each, restartPolicy) && !succeeded(each))) return 'Failed';
  const begun = main.filter(
    ({ phase, lastExit }) => phase.kind === 'running' || phase.kind === 'exited' || lastExit !== undefined,
  );
  if (begun.length < main.length) return 'Pending';
  if (alive || !main.every((each) => isFinished(each, restartPolicy))) return 'Running';
  return main.every((each) => succeeded(each)) ? 'Succeeded' : 'Failed';
}

function timestamp(epochMilliseconds: number): string {
  return `${new Date(epochMilliseconds).toISOString().slice(0, 19)}Z`;
}

function succeeded({ phase }: ContainerFacts): boolean {
  return phase.kind === 'exited' && phase.exit.exitCode === 0;
}

interface StatusContext {
  readonly pod: Pod;
  readonly facts: PodFacts;
}

function containerStatus(
  container: Container,
  found: ContainerFacts,
  context: StatusContext,
): ContainerStatus {
  const { phase, lastExit } = found;
  const containerId =
    phase.kind === 'running'
      ? phase.containerId
      : phase.kind === 'exited'
        ? phase.exit.containerId
        : lastExit?.containerId;
  const { state, isLast } = containerState(found, context);
  const completed = found.role === 'init' && succeeded(found);
  return {
    name: container.name,
    image: container.image,
    imageID: found.imageId,
    ...(containerId === undefined || containerId === '' ? {} : { containerID: `process://${containerId}` }),
    restartCount: found.restartCount,
    ready: completed || (phase.kind === 'running' && phase.started && phase.ready),
    started: phase.kind === 'running' && phase.started,
    state,
    lastState: isLast || lastExit === undefined ? {} : { terminated: terminatedState(lastExit) },
  };
}

/** `isLast`: the last exit is the state itself, so that it is not told twice. */
function containerState(
  found: ContainerFacts,
  { pod, facts }: StatusContext,
): { readonly state: ContainerState; readonly isLast: boolean } {
  const { phase } = found;
  if (phase.kind === 'running') {
    return { state: { running: { startedAt: timestamp(phase.startedAt) } }, isLast: false };
  }
  if (phase.kind === 'blocked') return waiting(phase.reason, phase.message);
  if (phase.kind === 'exited') {
    const allowedAt = restartAllowedAt(found.backOff, phase.exit.finishedAt, facts.backOff);
    if (facts.ending !== undefined || isFinished(found, facts.restartPolicy) || allowedAt <= facts.now) {
      return { state: { terminated: terminatedState(phase.exit) }, isLast: true };
    }
    const seconds = Math.round((allowedAt - phase.exit.finishedAt) / 1000);
    const { name, namespace = 'default', uid = '' } = pod.metadata;
    const which = `container=${found.name} pod=${name}_${namespace}(${uid})`;
    return waiting('CrashLoopBackOff', `back-off ${formatSeconds(seconds)} restarting failed ${which}`);
  }
  if (typeof facts.preparation === 'object') {
    return waiting(facts.preparation.reason ?? 'ContainerCreating', facts.preparation.message);
  }
  const hasInit = facts.containers.some(({ role }) => role !== 'main');
  return waiting(
    found.role === 'main' && phase.kind === 'idle' && hasInit ? 'PodInitializing' : 'ContainerCreating',
  );
}

function waiting(
  reason: string,
  message?: string,
): { readonly state: ContainerState; readonly isLast: boolean } {
  return { state: { waiting: message === undefined ? { reason } : { reason, message } }, isLast: false };
}

function terminatedState(exit: ContainerExit): TerminatedState {
  return {
    exitCode: exit.exitCode,
    ...(exit.signal === undefined ? {} : { signal: exit.signal }),
    reason: exit.reason,
    ...(exit.message === undefined || exit.message === '' ? {} : { message: exit.message }),
    startedAt: timestamp(exit.startedAt),
    finishedAt: timestamp(exit.finishedAt),
    ...(exit.containerId === '' ? {} : { containerID: `process://${exit.containerId}` }),
  };
}

/** As Go prints durations: `10s`, `1m20s`. */
function formatSeconds(seconds: number): string {
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
