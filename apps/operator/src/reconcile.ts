import type { Clock, EventRecorder, Logger, Reconcile } from '@kaito-ts/kube-runtime';
import type { Writer } from './cluster/apply.ts';
import type { OwnWrites } from './cluster/own-writes.ts';
import type { Watches } from './cluster/watches.ts';
import type { WorkspaceObject } from './plan/observation.ts';
import type { PlanSettings } from './plan/plan.ts';
import type { Plan, PlannedEvent, Step } from './plan/plan-value.ts';
import { nameOfStep } from './plan/plan-value.ts';
import { apiVersionOf, done, referenceTo, requeueAfter } from '@kaito-ts/kube-runtime';
import { workspaceKind } from './cluster/kinds.ts';
import { observe } from './cluster/observe.ts';
import { stepEvents } from './plan/events.ts';
import { planRefusal, planWorkspace } from './plan/plan.ts';
import { refusalOfWrite } from './plan/refusals.ts';

/** Objects in a list do not say their own type. */
const workspaceType = { apiVersion: apiVersionOf(workspaceKind), kind: workspaceKind.kind };

export interface ReconcileParts {
  readonly watches: Watches;
  readonly ownWrites: OwnWrites;
  readonly writer: Writer;
  readonly recorder: Pick<EventRecorder, 'record'>;
  /** Read anew for each round: model records may change. */
  readonly settings: () => PlanSettings;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The watches bring our own writes back within milliseconds; this is for a write that changed nothing. */
const longestEchoMilliseconds = 500;

/**
 * Observe, plan, apply: one round for one Workspace. A round writes the workload; or else, when there is nothing to do
 * there, the Services; or else the status, which then tells what the cluster answered. In between the Workspace goes to
 * the end of the queue, so that of many new ones all get their workload first.
 */
export function createReconcile(parts: ReconcileParts): Reconcile {
  const { watches, ownWrites, writer, recorder, settings, clock, logger } = parts;

  function record(workspace: WorkspaceObject, events: readonly PlannedEvent[]): void {
    const regarding = { ...referenceTo(workspace), ...workspaceType };
    for (const event of events) recorder.record({ regarding, ...event });
  }

  async function tell(workspace: WorkspaceObject, plan: Plan, signal: AbortSignal): Promise<void> {
    if (plan.status !== undefined) await writer.status(workspace, plan.status, signal);
    record(workspace, plan.events);
  }

  return async (key, { signal }) => {
    const observation = observe(key, watches, ownWrites);
    if (observation === undefined) return done;
    const { workspace } = observation;
    const now = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
    const plan = planWorkspace(observation, settings(), now);
    const steps = nextSteps(plan.steps);
    for (const step of steps) {
      logger.info({ workspace: key, step: step.kind, object: nameOfStep(step), why: step.why }, 'writing');
      try {
        await writer.step(workspace, step, signal);
      } catch (error) {
        const cause = refusalOfWrite(error, nameOfStep(step));
        const ordering = step.kind === 'create' || step.kind === 'scale';
        if (cause !== undefined)
          await tell(workspace, planRefusal(observation, settings(), { cause, now, ordering }), signal);
        throw error;
      }
      record(workspace, stepEvents(step));
    }
    if (steps.length < plan.steps.length) return requeueAfter(0);
    if (steps.length > 0) return requeueAfter(longestEchoMilliseconds);
    await tell(workspace, plan, signal);
    const { recheckMilliseconds } = plan;
    return recheckMilliseconds === undefined ? done : requeueAfter(recheckMilliseconds);
  };
}

/** A Service's address takes the API server longer than all else, and nobody needs it before there is a pod. */
function nextSteps(steps: readonly Step[]): readonly Step[] {
  const urgent = steps.filter((step) => step.kind !== 'apply' || step.object.kind !== 'Service');
  return urgent.length > 0 ? urgent : steps;
}
