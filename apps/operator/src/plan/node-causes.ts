import type { WorkspaceStatus } from '@kaito-ts/api-types';
import type { Node } from '@kaito-ts/kube-runtime';
import type { NodeSurvey } from '../provisioner/provisioner.ts';
import type { Cause } from './cause.ts';
import type { WorkspaceObject } from './observation.ts';
import { conditionReasons, conditionTypes } from '@kaito-ts/api-types';

export interface NodesContext {
  readonly workspace: WorkspaceObject;
  /** All nodes of the cluster. */
  readonly nodes: readonly Node[];
}

/** Why there are fewer usable nodes than wanted. */
export function missingNodes(survey: NodeSurvey, wanted: number, context: NodesContext): Cause {
  const { usable, unusable, summary } = survey;
  const need = `${wanted} node(s) needed, ${usable.length} usable`;
  const pending = { severity: 'pending' } as const;
  const [first] = unusable;
  if (first !== undefined) {
    return {
      ...pending,
      reason: first.reason,
      object: `Node/${first.name}`,
      cause: `${first.because}; ${need}${unusable.length > 1 ? `: ${summary}` : ''}`,
      nextStep: nextSteps[first.reason]?.(first.name) ?? `see kubectl describe node ${first.name}`,
    };
  }
  const [gone] = goneNodes(context);
  if (gone !== undefined) {
    return {
      ...pending,
      reason: conditionReasons.NodeGone,
      object: `Node/${gone}`,
      cause: `served this Workspace and does not exist any more; ${need}: ${summary}`,
      nextStep: 'bring the node back or add one that matches resource.labelSelector',
    };
  }
  const base = {
    ...pending,
    object: `Workspace/${context.workspace.metadata.name}`,
    cause: `${need}: ${summary}`,
  };
  if (survey.warnings.some(({ reason }) => reason === 'InstanceTypeMatchesNoNode')) {
    return {
      ...base,
      reason: conditionReasons.InstanceTypeNotFound,
      nextStep: 'add nodes of this instance type, or make the Workspace anew without resource.instanceType',
    };
  }
  return {
    ...base,
    reason: usable.length === 0 ? conditionReasons.NodesNotFound : conditionReasons.InsufficientNodes,
    nextStep: 'add or label nodes so that they match resource.labelSelector',
  };
}

const nextSteps: Readonly<Record<string, (node: string) => string>> = {
  [conditionReasons.NodeCordoned]: (node) => `kubectl uncordon ${node}, or add another node`,
  [conditionReasons.NodeTainted]: () => 'remove the taint, or use nodes without it',
  [conditionReasons.NodePluginsNotReady]: (node) =>
    `see whether the pod of the GPU device plugin runs on ${node}`,
};

/**
 * Nodes that the status names and the cluster has not. When their pods are gone too, only the condition still knows
 * them.
 */
function goneNodes({ workspace, nodes }: NodesContext): readonly string[] {
  const { workerNodes = [], conditions = [] } = (workspace.status ?? {}) as WorkspaceStatus;
  const told = conditions.find(
    ({ type, reason }) => type === conditionTypes.nodesReady && reason === conditionReasons.NodeGone,
  );
  const remembered = /^Node\/([^:]+): /.exec(told?.message ?? '')?.[1];
  const known = new Set(nodes.map(({ metadata }) => metadata.name));
  return [...workerNodes, ...(remembered === undefined ? [] : [remembered])].filter(
    (name) => !known.has(name),
  );
}
