import { isRestarted, type ContainerExit, type ContainerPhase, type ContainerRole } from '../pod/facts.ts';
import type { ContainerStatus, Pod, RestartPolicy, TerminatedState } from '../pod/pod.ts';

/** What is known of a container before this agent has run it: nothing, or what an earlier agent reported. */
export interface ContainerSeed {
  readonly phase: ContainerPhase;
  /** How often it has been started so far. */
  readonly runs: number;
  readonly imageId: string;
  readonly lastExit?: ContainerExit;
}

const killedBySignal = 137;

/**
 * Continues from the status in the API server. An earlier agent's processes are gone by now: what was running has
 * ended, and is restarted if the pod's policy wants that. Finished init containers run again only under `Always`: for
 * the other policies the API server refuses to see them go back.
 */
export function seedContainer(
  name: string,
  {
    pod,
    role,
    policy,
    now,
  }: {
    readonly pod: Pod;
    readonly role: ContainerRole;
    readonly policy: RestartPolicy;
    readonly now: number;
  },
): ContainerSeed {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const status = statuses.find((each) => each.name === name);
  const exit = status === undefined ? undefined : knownExit(status, now);
  if (status === undefined || exit === undefined)
    return { phase: { kind: 'idle' }, runs: 0, imageId: status?.imageID ?? '' };
  const known = { runs: status.restartCount + 1, imageId: status.imageID, lastExit: exit };
  const isTerminal = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  const runsAgain =
    isRestarted(role, exit, policy) || (role === 'init' && exit.exitCode === 0 && policy === 'Always');
  return runsAgain && !isTerminal
    ? { ...known, phase: { kind: 'idle' } }
    : { ...known, phase: { kind: 'exited', exit } };
}

function knownExit({ state, lastState }: ContainerStatus, now: number): ContainerExit | undefined {
  if (state.running !== undefined) {
    return {
      exitCode: killedBySignal,
      reason: 'Error',
      message: 'the node agent was restarted and ended what it had been running',
      startedAt: Date.parse(state.running.startedAt),
      finishedAt: now,
      containerId: '',
    };
  }
  const terminated = state.terminated ?? lastState.terminated;
  return terminated === undefined ? undefined : fromStatus(terminated);
}

function fromStatus(state: TerminatedState): ContainerExit {
  return {
    exitCode: state.exitCode,
    ...(state.signal === undefined ? {} : { signal: state.signal }),
    reason: state.reason,
    ...(state.message === undefined ? {} : { message: state.message }),
    startedAt: Date.parse(state.startedAt),
    finishedAt: Date.parse(state.finishedAt),
    containerId: (state.containerID ?? '').replace(/^process:\/\//, ''),
  };
}
