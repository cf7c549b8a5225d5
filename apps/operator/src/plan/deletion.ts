import type { Condition, WorkspaceStatus } from '@kaito-ts/api-types';
import type { Deployment, Node, Pod, StatefulSet } from '@kaito-ts/kube-runtime';
import type { NodeProvisioner } from '../provisioner/provisioner.ts';
import type { LiveObjects } from './live.ts';
import type { Observation } from './observation.ts';
import type { OrderedObject, Plan, Step, WorkloadKind } from './plan-value.ts';
import { conditionReasons, conditionTypes, finalizers } from '@kaito-ts/api-types';
import { ignorable, removalSteps, waitsFor } from '../provisioner/release.ts';
import { stampConditions } from './conditions.ts';
import { liveObjects } from './live.ts';

/**
 * Pods first, then the machines, then the Workspace. Where nodes are not bought the Workspace carries no finalizer of
 * ours; one of upstream's nobody else would take off.
 */
export function planDeletion(observation: Observation, provisioner: NodeProvisioner, now: string): Plan {
  const { workspace, infrastructure } = observation;
  if (workspace.metadata.finalizers?.includes(finalizers.workspace) !== true)
    return { ...nothing, reasons: ['the Workspace is being deleted; its objects go with it'] };
  if (provisioner.purchasing === undefined || infrastructure === undefined)
    return { ...nothing, steps: [release('existing nodes need no clean-up')] };
  const { kinds } = provisioner.purchasing;
  const { unavailable } = infrastructure;
  if (unavailable?.absent === true)
    return { ...nothing, steps: [release(`nothing can be left: ${unavailable.because}`, kinds)] };
  if (unavailable !== undefined) return waiting(observation, now, unavailable.because);
  const live = liveObjects(observation);
  const pods = podsOf(observation);
  const workload = unfinished(live, pods.gone);
  if (workload !== undefined || pods.left.length > 0) {
    const what = pods.left.length > 0 || workload === undefined ? describePods(pods.left) : workload;
    return waiting(observation, now, `waits for ${what} to end`, emptyingSteps(live));
  }
  const machines = removalSteps(infrastructure);
  const left = waitsFor(infrastructure);
  if (machines.length > 0 || left !== undefined)
    return waiting(observation, now, `waits for ${left ?? 'its machines'} to go`, machines);
  return { ...nothing, steps: [release('its pods and machines are gone', kinds)] };
}

const nothing: Plan = {
  steps: [],
  status: undefined,
  events: [],
  reasons: ['the Workspace is being deleted'],
};

function release(why: string, unlessLeft: readonly OrderedObject['kind'][] = []): Step {
  return { kind: 'releaseFinalizer', finalizer: finalizers.workspace, unlessLeft, why };
}

/**
 * The workloads are emptied, not deleted: their controllers then say themselves that they will make no more pods, which
 * nobody can say of pods whose owner is gone. Garbage collection takes both when the Workspace is gone.
 */
function emptyingSteps(live: LiveObjects): readonly Step[] {
  const why = 'the Workspace is being deleted, and its pods must end before their nodes';
  return workloadsOf(live).flatMap(({ kind, object }): Step[] => {
    if (object.metadata.deletionTimestamp !== undefined || object.spec?.replicas === 0) return [];
    const { name, namespace = '' } = object.metadata;
    return [
      { kind: 'scale', object: { kind, name, namespace }, replicas: 0, resourceVersion: undefined, why },
    ];
  });
}

function workloadsOf({ deployment, statefulSet }: LiveObjects): readonly Workload[] {
  return [
    ...(deployment === undefined ? [] : [{ kind: 'Deployment' as const, object: deployment }]),
    ...(statefulSet === undefined ? [] : [{ kind: 'StatefulSet' as const, object: statefulSet }]),
  ];
}

interface Workload {
  readonly kind: WorkloadKind;
  readonly object: Deployment | StatefulSet;
}

/** A workload whose controller has yet to take the pods away, but for those that nobody can see end. */
function unfinished(live: LiveObjects, gone: number): string | undefined {
  const found = workloadsOf(live).find(({ object: { metadata, spec, status } }) => {
    const observed = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
    return spec?.replicas !== 0 || !observed || (status?.replicas ?? 0) > gone;
  });
  return found && `the pods of ${found.kind}/${found.object.metadata.name}`;
}

/** A pod that is to end on a node that does not answer ends with the node, so the node may not wait for it. */
function podsOf({ pods, nodes }: Observation): { readonly left: readonly Pod[]; readonly gone: number } {
  const byName = new Map<string, Node>(nodes.map((node) => [node.metadata.name, node]));
  const left = pods.filter((pod) => !ignorable(pod, byName.get(pod.spec?.nodeName ?? '')));
  return { left, gone: pods.length - left.length };
}

function describePods([first, ...others]: readonly Pod[]): string {
  if (first === undefined) return 'its pods';
  const place = first.spec?.nodeName === undefined ? '' : ` on Node/${first.spec.nodeName}`;
  return `Pod/${first.metadata.name}${place}${others.length === 0 ? '' : ` and ${others.length} more`}`;
}

function waiting({ workspace }: Observation, now: string, what: string, steps: readonly Step[] = []): Plan {
  const previous = (workspace.status ?? {}) as WorkspaceStatus;
  const deleting = {
    type: conditionTypes.workspaceDeleting,
    status: 'True',
    reason: conditionReasons.WorkspaceDeleting,
    message: `workspace is being deleted: ${what}`,
  } as const;
  const stamp = { generation: workspace.metadata.generation ?? 0, now };
  const others: readonly Condition[] = (previous.conditions ?? []).filter(
    ({ type }) => type !== deleting.type,
  );
  const conditions = [...others, ...stampConditions([deleting], previous.conditions, stamp)];
  return { steps, status: { ...previous, conditions }, events: [], reasons: [what] };
}
