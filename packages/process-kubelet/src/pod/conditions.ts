import type { PodFacts } from './facts.ts';
import type { ContainerStatus, Pod, PodCondition, PodPhase } from './pod.ts';

export interface ConditionsInput {
  readonly pod: Pod;
  readonly facts: PodFacts;
  readonly phase: PodPhase;
  readonly statuses: readonly ContainerStatus[];
  /** What this agent reported last: newer than what the pod shows while the watch is behind. */
  readonly reported?: readonly PodCondition[] | undefined;
}

type Verdict = Pick<PodCondition, 'status' | 'reason' | 'message'>;

/** This agent's conditions, with transition times kept where nothing changed, then everyone else's untouched. */
export function podConditions(input: ConditionsInput): readonly PodCondition[] {
  const previous = input.pod.status?.conditions ?? [];
  const now = `${new Date(input.facts.now).toISOString().slice(0, 19)}Z`;
  const containersReady = containersReadyVerdict(input);
  const verdicts: Readonly<Record<string, Verdict>> = {
    PodReadyToStartContainers: { status: input.facts.preparation === 'done' ? 'True' : 'False' },
    Initialized: initializedVerdict(input),
    Ready: readyVerdict(input, containersReady),
    ContainersReady: containersReady,
    PodScheduled: { status: 'True' },
  };
  const own = Object.entries(verdicts).map(([type, verdict]): PodCondition => {
    const before = [...(input.reported ?? []), ...previous].find((condition) => condition.type === type);
    const kept = before?.status === verdict.status ? before.lastTransitionTime : undefined;
    return Object.assign({ type, lastProbeTime: null, lastTransitionTime: kept ?? now }, verdict);
  });
  return [...own, ...previous.filter(({ type }) => verdicts[type] === undefined)];
}

function initializedVerdict({ facts, phase, pod, statuses }: ConditionsInput): Verdict {
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' };
  const begun = facts.containers.some(({ role, phase: { kind } }) => role === 'main' && kind !== 'idle');
  const names = new Set((pod.spec.initContainers ?? []).map(({ name }) => name));
  const incomplete = statuses.filter(
    ({ name, ready, started }) => names.has(name) && !ready && started !== true,
  );
  if (begun || incomplete.length === 0) return { status: 'True' };
  const message = `containers with incomplete status: [${incomplete.map(({ name }) => name).join(' ')}]`;
  return { status: 'False', reason: 'ContainersNotInitialized', message };
}

function containersReadyVerdict({ facts, phase, statuses }: ConditionsInput): Verdict {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const counted = new Set(facts.containers.filter(({ role }) => role !== 'init').map(({ name }) => name));
  const unready = statuses.filter(({ name, ready }) => counted.has(name) && !ready);
  if (unready.length === 0) return { status: 'True' };
  const message = `containers with unready status: [${unready.map(({ name }) => name).join(' ')}]`;
  return { status: 'False', reason: 'ContainersNotReady', message };
}

function readyVerdict({ pod }: ConditionsInput, containersReady: Verdict): Verdict {
  if (containersReady.status !== 'True') return containersReady;
  const conditions = pod.status?.conditions ?? [];
  const closed = (pod.spec.readinessGates ?? [])
    .map(({ conditionType }) => conditionType)
    .filter((type) => conditions.find((condition) => condition.type === type)?.status !== 'True');
  if (closed.length === 0) return { status: 'True' };
  const message = closed.map((type) => `the status of pod readiness gate "${type}" is not "True"`).join(', ');
  return { status: 'False', reason: 'ReadinessGatesNotReady', message };
}
