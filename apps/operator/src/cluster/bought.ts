import type { KubeClient, KubeObject, ResourceKind } from '@kaito-ts/kube-runtime';
import type { OrderedObject } from '../plan/plan-value.ts';
import { labels } from '@kaito-ts/api-types';
import { ignoreNotFound } from '@kaito-ts/kube-runtime';
import { nodeClaimKind, nodePoolKind } from '../provisioner/karpenter-objects.ts';

/** The pairs of labels under which objects name their Workspace, the one of each mode. */
const ownerships = [
  { name: labels.karpenterWorkspaceName, namespace: labels.karpenterWorkspaceNamespace },
  { name: labels.workspace, namespace: labels.workspaceNamespace },
] as const;

/** Keys of the Workspaces that the labels of a node, pool or claim name. */
export function ownersOf({ metadata }: KubeObject): readonly string[] {
  const values = metadata.labels ?? {};
  return ownerships.flatMap(({ name, namespace }) =>
    values[name] === undefined || values[namespace] === undefined
      ? []
      : [`${values[namespace]}/${values[name]}`],
  );
}

interface LeftQuestion {
  readonly workspace: KubeObject;
  readonly kinds: readonly OrderedObject['kind'][];
  readonly signal: AbortSignal;
}

/** Asks the API server itself, which caches may be behind. */
export async function isSomethingLeft(
  client: KubeClient,
  { workspace, kinds, signal }: LeftQuestion,
): Promise<boolean> {
  const { name, namespace = '' } = workspace.metadata;
  const selectors = ownerships.map((keys) => `${keys.name}=${name},${keys.namespace}=${namespace}`);
  const [karpenter = '', provisioner = ''] = selectors;
  const questions: readonly (readonly [ResourceKind, string])[] = [
    [nodePoolKind, karpenter],
    [nodeClaimKind, karpenter],
    [nodeClaimKind, provisioner],
  ];
  for (const [kind, labelSelector] of questions) {
    if (!kinds.some((asked) => asked === kind.kind)) continue;
    const answer = await ignoreNotFound(client.list(kind, { labelSelector, signal }));
    if (answer !== undefined && answer.items.length > 0) return true;
  }
  return false;
}
