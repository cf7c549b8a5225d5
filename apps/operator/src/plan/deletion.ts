import type { Condition, WorkspaceStatus } from '@kaito-ts/api-types';
import type { Node, Pod } from '@kaito-ts/kube-runtime';
import type { NodeProvisioner } from '../provisioner/provisioner.ts';
import type { LiveObjects } from './live.ts';
import type { Observation } from './observation.ts';
import type { OrderedObject, Plan, Step } from './plan-value.ts';
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
  const removals = workloadRemovals(live);
  const pods = remainingPods(observation);
  if (removals.length > 0 || pods.length > 0)
    return waiting(observation, now, `waits for ${describePods(pods)} to end`, removals);
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

/** Garbage collection would come too late: it begins when the Workspace is gone, and that waits for the machines. */
function workloadRemovals({ deployment, statefulSet }: LiveObjects): readonly Step[] {
  const why = 'the Workspace is being deleted, and its pods must end before their nodes';
  return [
    { kind: 'Deployment' as const, object: deployment },
    { kind: 'StatefulSet' as const, object: statefulSet },
  ].flatMap(({ kind, object }): Step[] => {
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) return [];
    const { name, namespace = '', uid = '' } = object.metadata;
    return [{ kind: 'delete', object: { kind, name, namespace }, uid, why }];
  });
}

/** A pod that is to end on a node that does not answer ends with the node, so the node may not wait for it. */
function remainingPods({ pods, nodes }: Observation): readonly Pod[] {
  const byName = new Map<string, Node>(nodes.map((node) => [node.metadata.name, node]));
  return pods.filter((pod) => !ignorable(pod, byName.get(pod.spec?.nodeName ?? '')));
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
