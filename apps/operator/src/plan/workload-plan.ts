import type { Workspace } from '@kaito-ts/api-types';
import type { InferenceInput, PresetServing, TemplateServing } from '@kaito-ts/manifest-builder';
import type { Node, Pod } from '@kaito-ts/kube-runtime';
import type { LiveObjects } from './live.ts';
import type { NodeRequirement } from './node-matching.ts';
import type { PinnedPlan } from './pinned.ts';
import type { Step, WorkloadKind } from './plan-value.ts';
import type { ServingPlan } from './serving.ts';
import type { ShapePlan } from './shape.ts';
import { buildInference, revisionOf, startupBudgetSeconds } from '@kaito-ts/manifest-builder';
import { stepsTowards } from './desired.ts';
import { launchFlags } from './launch-flags.ts';
import { revisionOfWorkload } from './live.ts';
import { writePinned } from './pinned.ts';
import { decideRollout, type RolloutDecision } from './room-for-surge.ts';

export interface WorkloadInput {
  readonly workspace: Workspace;
  readonly serving: ServingPlan;
  readonly shape: ShapePlan;
  readonly launcherImage: string;
  readonly intent: string;
  /** Keeps the pods on nodes that were bought for them; empty where nodes are not bought. */
  readonly placement: readonly NodeRequirement[];
  readonly live: LiveObjects;
  readonly pinned: PinnedPlan | undefined;
  readonly usable: readonly Node[];
  readonly podsOn: (node: string) => readonly Pod[];
}

export interface WorkloadPlan {
  readonly kind: WorkloadKind;
  readonly revision: string;
  readonly wantedPods: number;
  readonly steps: readonly Step[];
  readonly reasons: readonly string[];
}

/** The workload as it should be, and the writes that lead there. */
export function planWorkload(input: WorkloadInput): WorkloadPlan {
  const { workspace, live, shape, intent } = input;
  const kind = live.statefulSet !== undefined || shape.shape.nodeCount > 1 ? 'StatefulSet' : 'Deployment';
  const nodeRequirements = [...shape.nodeRequirements, ...input.placement];
  const draft: InferenceInput = {
    workspace,
    serving: servingOf(input),
    shape: shape.shape,
    workloadKind: kind,
    rollout: 'recreate',
    ...(nodeRequirements.length > 0 && { nodeRequirements }),
  };
  const revision = revisionOf(draft);
  const rollout = planRollout(input, kind, revision);
  const why = `revision ${revision}: ${changeOf(live, revision)}`;
  const workloadAnnotations = writePinned({
    intent,
    shape: shape.shape,
    nodeRequirements: shape.nodeRequirements,
    rollout: rollout.strategy,
    reasons: [...shape.reasons, `${rollout.strategy}: ${rollout.reason}`],
  });
  const desired = buildInference({ ...draft, rollout: rollout.strategy, workloadAnnotations }, revision);
  return {
    kind,
    revision,
    wantedPods: shape.shape.nodeCount,
    steps: stepsTowards(desired, live, why),
    reasons: [...shape.reasons, `${rollout.strategy}: ${rollout.reason}`],
  };
}

function changeOf(live: LiveObjects, revision: string): string {
  const before = revisionOfWorkload(live.workload);
  if (before === undefined)
    return live.workload === undefined ? 'first workload' : 'takes over what another operator made';
  return before === revision ? 'differs from what is live' : `replaces revision ${before}`;
}

/** Decided when a change arrives and kept until the next one: a rollout under way never changes its manner. */
function planRollout(
  { live, pinned, shape, usable, podsOn }: WorkloadInput,
  kind: WorkloadKind,
  revision: string,
): RolloutDecision {
  if (kind === 'StatefulSet') return { strategy: 'recreate', reason: 'a StatefulSet replaces pods in place' };
  const kept = revisionOfWorkload(live.workload) === revision ? pinned : undefined;
  const keptReason = kept?.reasons?.at(-1);
  if (kept?.rollout !== undefined && keptReason !== undefined) {
    return { strategy: kept.rollout, reason: keptReason.slice(kept.rollout.length + 2) };
  }
  return decideRollout({ device: shape.shape.device, usable, podsOn });
}

function servingOf({ serving, shape, launcherImage }: WorkloadInput): PresetServing | TemplateServing {
  if (serving.kind === 'template') return { kind: 'template' };
  const { model, runtime, config } = serving;
  return {
    kind: 'preset',
    model,
    runtime,
    launcherImage,
    engineArguments: launchFlags(serving, shape.shape),
    ...(config !== undefined && { config: { name: config.name, content: config.content } }),
    startupBudgetSeconds: startupBudgetSeconds(model.facts.storedWeightBytes),
  };
}
