import type { Clock, EventRecorder, Logger, Reconcile } from '@kaito-ts/kube-runtime';
import type { Writer } from './cluster/apply.ts';
import type { OwnWrites } from './cluster/own-writes.ts';
import type { Watches } from './cluster/watches.ts';
import type { Cause } from './plan/cause.ts';
import type { Observation } from './plan/observation.ts';
import type { PlanSettings } from './plan/plan.ts';
import type { Plan, Step } from './plan/plan-value.ts';
import { conditionReasons } from '@kaito-ts/api-types';
import {
  apiVersionOf,
  done,
  isForbidden,
  isInvalid,
  KubeApiError,
  referenceTo,
} from '@kaito-ts/kube-runtime';
import { workspaceKind } from './cluster/kinds.ts';
import { observe } from './cluster/observe.ts';
import { planRefusal, planWorkspace } from './plan/plan.ts';

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

/** Observe, plan, apply: one round for one Workspace, with at most one status write, at its end. */
export function createReconcile(parts: ReconcileParts): Reconcile {
  const { watches, ownWrites, writer, recorder, settings, clock, logger } = parts;

  async function finish(observation: Observation, plan: Plan, signal: AbortSignal): Promise<void> {
    const { workspace } = observation;
    if (plan.status !== undefined) await writer.status(workspace, plan.status, signal);
    for (const event of plan.events)
      recorder.record({ regarding: { ...referenceTo(workspace), ...workspaceType }, ...event });
  }

  return async (key, { signal }) => {
    const observation = observe(key, watches, ownWrites);
    if (observation === undefined) return done;
    const now = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
    const plan = planWorkspace(observation, settings(), now);
    for (const step of plan.steps) {
      logger.info({ workspace: key, step: step.kind, object: nameOf(step), why: step.why }, 'writing');
      try {
        await writer.step(observation.workspace, step, signal);
      } catch (error) {
        const cause = refusalOf(error, step);
        if (cause === undefined) throw error;
        await finish(observation, planRefusal(observation, settings(), { cause, now }), signal);
        throw error;
      }
    }
    await finish(observation, plan, signal);
    return done;
  };
}

/** What the API server will refuse again and again is the user's to know; anything else is tried again in silence. */
function refusalOf(error: unknown, step: Step): Cause | undefined {
  if (!(error instanceof KubeApiError) || !(isInvalid(error) || isForbidden(error))) return undefined;
  return {
    reason: conditionReasons.ReconcileFailed,
    object: nameOf(step),
    cause: `the API server refused it: ${error.status.message}`,
    nextStep: 'mend what the message names; the operator tries again by itself',
    severity: 'failed',
  };
}

function nameOf(step: Step): string {
  if (step.kind === 'releaseFinalizer') return `finalizer ${step.finalizer}`;
  return `${step.object.kind}/${step.kind === 'apply' ? step.object.metadata.name : step.object.name}`;
}
