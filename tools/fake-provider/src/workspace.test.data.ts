import type { Condition, Workspace, WorkspaceStatus } from '@kaito-ts/api-types';
import type { KubeClient, KubeObject, ResourceKind } from '@kaito-ts/kube-runtime';
import type { Purchase } from './ledger.ts';
import { customResourceDefinitions } from '@kaito-ts/api-types';
import { ignoreNotFound, kinds } from '@kaito-ts/kube-runtime';
import { nodeClaims, nodePools } from './kinds.ts';

export interface WorkspaceObject extends KubeObject {
  readonly resource?: Workspace['resource'];
  readonly inference?: Workspace['inference'];
  readonly status?: WorkspaceStatus;
}

export const workspaces: ResourceKind<WorkspaceObject> = {
  group: 'kaito.sh',
  version: 'v1beta1',
  plural: 'workspaces',
  kind: 'Workspace',
  namespaced: true,
};

export const applying = { fieldManager: 'provisioning-test', force: true } as const;

export async function prepare(client: KubeClient, ...namespaces: readonly string[]): Promise<void> {
  for (const definition of customResourceDefinitions())
    await client.apply(kinds.customResourceDefinitions, definition, applying);
  for (const name of namespaces)
    await client.apply(
      kinds.namespaces,
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
      applying,
    );
}

export interface WorkspaceParts {
  readonly name: string;
  readonly namespace: string;
  /** Of the embedded catalogue. */
  readonly preset?: string;
  readonly instanceType?: string | undefined;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly inference?: object;
}

/** 3.8 billion parameters: one GPU of the smallest machine holds it. */
export const onOneNode = 'phi-4-mini-instruct';
/** 131 GiB of weights: two machines with one GPU of 80 GiB. */
export const onTwoNodes = 'llama-3.3-70b-instruct';
export const instanceType = 'Standard_NC24ads_A100_v4';

export async function submit(client: KubeClient, parts: WorkspaceParts): Promise<void> {
  const { name, namespace, preset = onOneNode, annotations = {}, inference } = parts;
  const type = 'instanceType' in parts ? parts.instanceType : instanceType;
  await client.apply(
    workspaces,
    {
      apiVersion: 'kaito.sh/v1beta1',
      kind: 'Workspace',
      metadata: { name, namespace, annotations },
      resource: {
        labelSelector: { matchLabels: { apps: name } },
        ...(type !== undefined && { instanceType: type }),
      },
      inference: inference ?? { preset: { name: preset } },
    },
    applying,
  );
}

export async function statusOf(
  client: KubeClient,
  place: { readonly name: string; readonly namespace: string },
): Promise<WorkspaceStatus> {
  return (await ignoreNotFound(client.get(workspaces, place)))?.status ?? {};
}

/** The first condition that is not True: what a person reads. */
export function firstFalse({ conditions = [] }: WorkspaceStatus): Condition | undefined {
  return conditions.find(({ type, status }) => status !== 'True' && type !== 'WorkspaceDeleting');
}

/** All that was bought and is still there, for whichever Workspace. */
export async function leftovers(client: KubeClient): Promise<readonly string[]> {
  const [pools, claims, nodes] = await Promise.all([
    client.list(nodePools),
    client.list(nodeClaims),
    client.list(kinds.nodes, { labelSelector: 'karpenter.sh/registered' }),
  ]);
  return [
    ...pools.items.map(({ metadata }) => `NodePool/${metadata.name}`),
    ...claims.items.map(({ metadata }) => `NodeClaim/${metadata.name}`),
    ...nodes.items.map(({ metadata }) => `Node/${metadata.name}`),
  ];
}

export function boughtFor(
  purchases: readonly Purchase[],
  { name, namespace }: { readonly name: string; readonly namespace: string },
): readonly Purchase[] {
  return purchases.filter(({ workspace }) => workspace === `${namespace}/${name}`);
}

const nodeClasses = [
  { name: 'image-family-ubuntu', default: true, spec: { imageFamily: 'Ubuntu2204', osDiskSizeGB: 300 } },
  { name: 'image-family-azure-linux', spec: { imageFamily: 'AzureLinux', osDiskSizeGB: 300 } },
];
export const nodeClassNames: readonly string[] = nodeClasses.map(({ name }) => name);

export type Mode = 'karpenter' | 'azure-gpu-provisioner';

/** Flags of the operator in each mode. */
export const modes: Readonly<Record<Mode, readonly string[]>> = {
  karpenter: ['--node-provisioner=karpenter', `--karpenter-node-classes=${JSON.stringify(nodeClasses)}`],
  'azure-gpu-provisioner': ['--node-provisioner=azure-gpu-provisioner'],
};
