import { restartAllowedAt } from './back-off.ts';
import {
  isAlive,
  isFinished,
  isRestarted,
  type ContainerFacts,
  type PodFacts,
  type RunningPhase,
} from './facts.ts';

export type PodAction =
  | { readonly do: 'prepare'; readonly why: string }
  | { readonly do: 'start'; readonly container: string; readonly why: string }
  | { readonly do: 'end'; readonly container: string; readonly graceSeconds: number; readonly why: string }
  /** Every process is gone: confirm the deletion, or leave the pod as it ended. */
  | { readonly do: 'finish'; readonly why: string };

/** What to do now, and when to look again though nothing happens. Printable: every action says why. */
export interface PodPlan {
  readonly actions: readonly PodAction[];
  readonly wakeAt?: number;
}

/** Ends a sidecar of a pod whose main containers are done. */
const defaultEndSeconds = 30;

/**
 * Decides the next steps of one pod. The cases, first match wins:
 * 1. it has to end: main containers, then sidecars in reverse, then `finish`;
 * 2. all main containers are done, or an init container failed for good: the same, without haste;
 * 3. volumes and address are missing: prepare;
 * 4. init containers are not through: only the first unfinished one may run, beside earlier sidecars;
 * 5. main containers: start, restart after back-off, end what a probe gave up on.
 */
export function planPod(facts: PodFacts): PodPlan {
  if (facts.ending !== undefined) return planEnd(facts, facts.ending);
  const done = completion(facts);
  if (done !== undefined) return planEnd(facts, { graceSeconds: defaultEndSeconds, why: done });
  if (facts.preparation === 'none') return { actions: [{ do: 'prepare', why: 'the pod is new here' }] };
  if (facts.preparation === 'running') return { actions: [] };
  if (facts.preparation !== 'done') {
    const { retryAt, message } = facts.preparation;
    return retryAt > facts.now
      ? { actions: [], wakeAt: retryAt }
      : { actions: [{ do: 'prepare', why: `again: ${message}` }] };
  }
  const plans: PodPlan[] = [];
  for (const container of runnableContainers(facts)) plans.push(planContainer(container, facts));
  return merge(plans);
}

/** The containers that may run now: see cases 4 and 5. */
function runnableContainers(facts: PodFacts): readonly ContainerFacts[] {
  const initializing = facts.containers.filter(({ role }) => role !== 'main');
  const main = facts.containers.filter(({ role }) => role === 'main');
  const sidecars = initializing.filter(({ role }) => role === 'sidecar');
  // Once main containers have been started, init containers never run again in this pod's life here.
  if (main.some(({ phase }) => phase.kind !== 'idle')) return [...sidecars, ...main];
  const runnable: ContainerFacts[] = [];
  for (const container of initializing) {
    if (isFinished(container, facts.restartPolicy)) continue;
    runnable.push(container);
    const passed =
      container.role === 'sidecar' && container.phase.kind === 'running' && container.phase.started;
    if (!passed) return runnable;
  }
  return [...runnable, ...main];
}

/** Why the pod is over by itself; undefined while it is not. */
function completion({ containers, restartPolicy }: PodFacts): string | undefined {
  const failedInit = containers.find(
    (each) => each.role === 'init' && isFinished(each, restartPolicy) && exitCode(each) !== 0,
  );
  if (failedInit !== undefined) return `init container ${failedInit.name} failed`;
  const main = containers.filter(({ role }) => role === 'main');
  return main.every((each) => isFinished(each, restartPolicy)) ? 'all containers have ended' : undefined;
}

function exitCode({ phase }: ContainerFacts): number | undefined {
  return phase.kind === 'exited' ? phase.exit.exitCode : undefined;
}

function planEnd(
  facts: PodFacts,
  { graceSeconds, why }: { readonly graceSeconds: number; readonly why: string },
): PodPlan {
  const alive = facts.containers.filter((each) => isAlive(each));
  if (alive.length === 0) return { actions: [{ do: 'finish', why }] };
  const first = alive.filter(({ role }) => role !== 'sidecar');
  const next = first.length > 0 ? first : alive.slice(-1);
  const actions = next
    .filter(({ phase }) => phase.kind === 'running' && !endsInTime(phase, facts.now + graceSeconds * 1000))
    .map(({ name }): PodAction => ({ do: 'end', container: name, graceSeconds, why }));
  return { actions };
}

/** A deletion may be repeated with less patience; it never gets more. */
function endsInTime({ ending, endsAt }: RunningPhase, deadline: number): boolean {
  return ending && (endsAt === undefined || endsAt <= deadline);
}

function planContainer(container: ContainerFacts, facts: PodFacts): PodPlan {
  const { name, role, phase } = container;
  if (phase.kind === 'idle') return startNow(name, `${role} container has not run yet`);
  if (phase.kind === 'blocked') {
    if (phase.retryAt > facts.now) return { actions: [], wakeAt: phase.retryAt };
    return startNow(name, `again: ${phase.reason}`);
  }
  if (phase.kind === 'running') {
    if (phase.endRequested === undefined || phase.ending) return { actions: [] };
    return { actions: [{ do: 'end', container: name, ...phase.endRequested }] };
  }
  if (phase.kind === 'exited' && isRestarted(role, phase.exit, facts.restartPolicy)) {
    const allowedAt = restartAllowedAt(container.backOff, phase.exit.finishedAt, facts.backOff);
    if (allowedAt > facts.now) return { actions: [], wakeAt: allowedAt };
    return startNow(name, `restart: it ended with exit code ${phase.exit.exitCode}`);
  }
  return { actions: [] };
}

function startNow(container: string, why: string): PodPlan {
  return { actions: [{ do: 'start', container, why }] };
}

function merge(plans: readonly PodPlan[]): PodPlan {
  const wakes = plans.flatMap(({ wakeAt }) => (wakeAt === undefined ? [] : [wakeAt]));
  const actions = plans.flatMap((plan) => plan.actions);
  return wakes.length === 0 ? { actions } : { actions, wakeAt: Math.min(...wakes) };
}
