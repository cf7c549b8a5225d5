import type { Workspace } from '@kaito-ts/api-types';
import type { NodeProvisioner } from '../provisioner/provisioner.ts';
import type { Cause } from './cause.ts';
import type { Observation } from './observation.ts';
import type { Plan } from './plan-value.ts';
import type { Round } from './round.ts';
import type { ServingSettings } from './serving.ts';
import { finalizers } from '@kaito-ts/api-types';
import { tolerationsOf } from '@kaito-ts/manifest-builder';
import { intentOf } from './intent.ts';
import { liveObjects, revisionOfWorkload, workloadNameOf, type LiveObjects } from './live.ts';
import { readPinned } from './pinned.ts';
import { judgeReadiness, type Readiness } from './readiness.ts';
import { planServing } from './serving.ts';
import { planShape } from './shape.ts';
import { planSpec } from './spec.ts';
import { stalePodSteps } from './stale-pods.ts';
import { planStatus } from './status.ts';
import { adoptionStep, claimSteps, takeover } from './takeover.ts';
import { planWorkload } from './workload-plan.ts';

export interface PlanSettings extends ServingSettings {
  readonly provisioner: NodeProvisioner;
  readonly launcherImage: string;
}

/** Decides one round for one Workspace. Pure: equal inputs give equal plans. */
export function planWorkspace(observation: Observation, settings: PlanSettings, now: string): Plan {
  if (observation.workspace.metadata.deletionTimestamp !== undefined) return planDeletion(observation);
  return planStatus(decideRound(observation, settings), { ...observation, now });
}

/** The plan of a round whose writes the API server refused: the refusal is what the user must see. */
export function planRefusal(observation: Observation, settings: PlanSettings, failure: PlanFailure): Plan {
  const round = decideRound(observation, settings);
  const context = { ...observation, now: failure.now };
  return { ...planStatus({ ...round, problem: failure.cause }, context), steps: [] };
}

export interface PlanFailure {
  readonly cause: Cause;
  readonly now: string;
}

function decideRound(observation: Observation, settings: PlanSettings): Round {
  const live = liveObjects(observation);
  const spec = planSpec(observation.workspace);
  return spec.ok
    ? planRound(spec.value, observation, live, settings)
    : blocked(observation, live, spec.cause);
}

/** Our own Workspaces carry no finalizer here; upstream's have one, and nobody else would take it off. */
function planDeletion({ workspace }: Observation): Plan {
  const held = workspace.metadata.finalizers?.includes(finalizers.workspace) === true;
  return {
    steps: held
      ? [
          {
            kind: 'releaseFinalizer',
            finalizer: finalizers.workspace,
            why: 'existing nodes need no clean-up',
          },
        ]
      : [],
    status: undefined,
    events: [],
    reasons: ['the Workspace is being deleted; its objects go with it'],
  };
}

function planRound(
  workspace: Workspace,
  observation: Observation,
  live: LiveObjects,
  settings: PlanSettings,
): Round {
  const { config, nodes, pods, podsOn } = observation;
  const survey = settings.provisioner.survey({ workspace, nodes, tolerations: tolerationsOf(workspace) });
  const intent = intentOf(workspace, config);
  const pinned = readPinned(live.workload);
  const found = takeover(live, pinned, intent);
  if (found === 'adopt' || found === 'left') {
    const steps = found === 'adopt' ? adoptionStep(live, intent) : [];
    const wantedPods = live.workload?.spec?.replicas ?? 1;
    const readiness = judge(observation, live, { revision: undefined, wantedPods });
    return {
      steps,
      survey,
      readiness,
      targetNodeCount: wantedPods,
      reasons: ['keeps what another operator made'],
    };
  }
  const serving = planServing(workspace, config, settings);
  const problem = live.conflict ?? (serving.ok ? undefined : serving.cause);
  if (problem !== undefined || !serving.ok) return { ...blocked(observation, live, problem), survey };
  const shape = planShape({
    workspace,
    serving: serving.value,
    survey,
    pinned,
    intent,
    catalogue: settings.catalogue,
  });
  if (!shape.ok) return { ...blocked(observation, live, undefined), survey, shapeCause: shape.cause };
  if (shape.value === undefined) return { ...blocked(observation, live, undefined), survey };
  const nodeCount = shape.value.shape.nodeCount;
  if (live.workload === undefined && survey.usable.length < nodeCount) {
    return { steps: [], survey, targetNodeCount: nodeCount, reasons: shape.value.reasons };
  }
  const workload = planWorkload({
    workspace,
    serving: serving.value,
    shape: shape.value,
    launcherImage: settings.launcherImage,
    intent,
    live,
    pinned,
    usable: survey.usable,
    podsOn,
  });
  return {
    steps: [
      ...(found === 'replace' ? claimSteps(live) : []),
      ...workload.steps,
      ...stalePodSteps(live.statefulSet, pods),
    ],
    survey,
    targetNodeCount: nodeCount,
    readiness: judgeReadiness({
      workloadObject: `${workload.kind}/${workspace.metadata.name}`,
      workload: live.workload,
      pods,
      revision: workload.revision,
      wantedPods: workload.wantedPods,
      nodes,
      warningsOf: observation.warningsOf,
    }),
    reasons: workload.reasons,
  };
}

/** Nothing can be planned; what already serves keeps serving. */
function blocked(observation: Observation, live: LiveObjects, problem: Cause | undefined): Round {
  const revision = revisionOfWorkload(live.workload);
  const serving =
    live.workload === undefined ? undefined : judge(observation, live, { revision, wantedPods: 1 });
  return {
    steps: [],
    survey: undefined,
    problem,
    targetNodeCount: undefined,
    stillServing:
      serving !== undefined && serving.readyPods > 0 ? (revision ?? 'made by upstream') : undefined,
    reasons: problem === undefined ? [] : [problem.cause],
  };
}

function judge(
  { pods, nodes, warningsOf }: Observation,
  live: LiveObjects,
  wanted: { readonly revision: string | undefined; readonly wantedPods: number },
): Readiness {
  return judgeReadiness({
    ...wanted,
    workloadObject: workloadNameOf(live),
    workload: live.workload,
    pods,
    nodes,
    warningsOf,
  });
}
