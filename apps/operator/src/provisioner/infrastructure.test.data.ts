import type { Node } from '@kaito-ts/kube-runtime';
import type { Observation } from '../plan/observation.ts';
import type { Plan } from '../plan/plan-value.ts';
import type { Infrastructure } from './infrastructure.ts';
import type { NodeClaim, NodeClass, NodePool, ProvisionCondition } from './karpenter-objects.ts';
import type { NodeProvisioner } from './provisioner.ts';
import { node, observation, settings, workspace, type WorkspaceParts } from '../plan/builders.test.data.ts';
import { nameOfStep } from '../plan/plan-value.ts';
import { planWorkspace } from '../plan/plan.ts';
import { gpuProvisioner } from './gpu-provisioner.ts';
import { karpenterProvisioner } from './karpenter.ts';
import { nodeClaimName } from './names.ts';

export const instanceType = 'Standard_NC24ads_A100_v4';
export const created = '2026-01-01T00:00:00Z';
export const soon = '2026-01-01T00:01:00Z';
export const late = '2026-01-01T01:00:00Z';
const claimTimeoutMilliseconds = 1_800_000;

export const karpenter: NodeProvisioner = karpenterProvisioner({
  nodeClass: { group: 'karpenter.azure.com', kind: 'AKSNodeClass' },
  nodeClassNames: ['ubuntu', 'azl'],
  defaultNodeClass: 'ubuntu',
  claimTimeoutMilliseconds,
});

export const gpu: NodeProvisioner = gpuProvisioner({
  cloud: 'azure',
  defaultImageFamily: 'ubuntu',
  claimTimeoutMilliseconds,
});

const finalizer = 'workspace.finalizer.kaito.sh';

/** A Workspace of the kind that buys nodes; `held`: it has the finalizer. */
export function buying(
  parts: WorkspaceParts & { readonly held?: boolean } = {},
): ReturnType<typeof workspace> {
  const { held = false, ...rest } = parts;
  return workspace({
    ...rest,
    resource: { instanceType, ...parts.resource },
    ...(held && { finalizers: [finalizer] }),
  });
}

const ready: ProvisionCondition = { type: 'Ready', status: 'True', reason: 'Ready', message: '' };

function done(type: string): ProvisionCondition {
  return { type, status: 'True', reason: type };
}

export interface ClaimParts {
  readonly ready?: boolean;
  readonly node?: string;
  readonly terminating?: boolean;
  readonly condition?: ProvisionCondition;
  readonly registered?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
}

export function claim(name: string, parts: ClaimParts = {}): NodeClaim {
  const conditions = parts.ready
    ? [done('Launched'), done('Registered'), done('Initialized'), ready]
    : [
        ...(parts.registered ? [done('Launched'), done('Registered')] : []),
        ...(parts.condition === undefined ? [] : [parts.condition]),
      ];
  return {
    metadata: {
      name,
      uid: `uid-${name}`,
      creationTimestamp: created,
      labels: parts.labels ?? { 'kaito.sh/workspace': 'phi', 'kaito.sh/workspacenamespace': 'demo' },
      ...(parts.terminating && { deletionTimestamp: soon }),
    },
    spec: { nodeClassRef: { group: 'kaito.sh', kind: 'KaitoNodeClass', name: 'default' }, requirements: [] },
    status: { ...(parts.node !== undefined && { nodeName: parts.node }), conditions },
  };
}

export interface PoolParts {
  readonly replicas?: number | undefined;
  readonly instanceType?: string;
  readonly nodeClass?: string;
  readonly owner?: string;
  readonly terminating?: boolean;
  readonly ready?: ProvisionCondition;
}

export function pool(name: string, parts: PoolParts = {}): NodePool {
  const { replicas = 1, owner = 'phi' } = parts;
  const ownership = {
    'karpenter.kaito.sh/workspace-name': owner,
    'karpenter.kaito.sh/workspace-namespace': 'demo',
  };
  return {
    metadata: {
      name,
      uid: `uid-${name}`,
      resourceVersion: '7',
      creationTimestamp: created,
      labels: ownership,
      ...(parts.terminating && { deletionTimestamp: soon }),
    },
    spec: {
      ...(!('replicas' in parts && parts.replicas === undefined) && { replicas }),
      template: {
        metadata: { labels: ownership },
        spec: {
          nodeClassRef: {
            group: 'karpenter.azure.com',
            kind: 'AKSNodeClass',
            name: parts.nodeClass ?? 'ubuntu',
          },
          requirements: [
            {
              key: 'node.kubernetes.io/instance-type',
              operator: 'In',
              values: [parts.instanceType ?? instanceType],
            },
          ],
        },
      },
    },
    status: { conditions: [parts.ready ?? ready] },
  };
}

export const readyClass: NodeClass = { metadata: { name: 'ubuntu' }, status: { conditions: [ready] } };

export interface Held {
  readonly pools?: readonly NodePool[];
  readonly claims?: readonly NodeClaim[];
  readonly legacy?: readonly NodeClaim[];
  /** Pools and claims of others, whose names are taken. */
  readonly foreign?: readonly (NodePool | NodeClaim)[];
  readonly classes?: readonly NodeClass[];
  readonly unavailable?: Infrastructure['unavailable'];
  readonly losses?: Infrastructure['losses'];
}

function isPool(object: NodePool | NodeClaim): object is NodePool {
  return 'template' in object.spec;
}

function isClaim(object: NodePool | NodeClaim): object is NodeClaim {
  return !isPool(object);
}

export function infrastructure(held: Held = {}): Infrastructure {
  const { pools = [], claims = [], legacy = [], foreign = [], classes = [readyClass] } = held;
  return {
    unavailable: held.unavailable,
    nodePools: pools,
    nodeClaims: claims,
    legacyClaims: legacy,
    nodePoolNamed: (name) =>
      [...pools, ...foreign.filter(isPool)].find(({ metadata }) => metadata.name === name),
    nodeClaimNamed: (name) =>
      [...claims, ...legacy, ...foreign.filter(isClaim)].find(({ metadata }) => metadata.name === name),
    nodeClassNamed: (name) => classes.find(({ metadata }) => metadata.name === name),
    losses: held.losses,
  };
}

/** A node that belongs to the Workspace in both modes. */
export function ownNode(
  name: string,
  parts: { readonly gpus?: number; readonly given?: boolean } = {},
): Node {
  const { gpus = 1, given = false } = parts;
  return node(name, {
    gpus,
    labels: {
      'node.kubernetes.io/instance-type': instanceType,
      'kaito.sh/workspace': 'phi',
      'kaito.sh/workspacenamespace': 'demo',
      'karpenter.kaito.sh/workspace-name': 'phi',
      'karpenter.kaito.sh/workspace-namespace': 'demo',
      ...(!given && { 'karpenter.sh/nodepool': 'some' }),
    },
  });
}

export function planOf(
  provisioner: NodeProvisioner,
  held: Held,
  parts: Partial<Observation> & { readonly at?: string } = {},
): Plan {
  const { at = soon, ...rest } = parts;
  const given = { workspace: buying(), nodes: [], infrastructure: infrastructure(held), ...rest };
  return planWorkspace(observation(given), settings({ provisioner }), at);
}

export function stepNames({ steps }: Plan): string[] {
  return steps.map((step) => `${step.kind} ${nameOfStep(step)}`);
}

/** Name of the claim that the n-th node of the Workspace gets. */
export function ordinalName(ordinal: number): string {
  return nodeClaimName({
    namespace: 'demo',
    name: 'phi',
    uid: '6f7c3f7e-0000-4000-8000-000000000001',
    ordinal,
  });
}

export const hold: string = `holdFinalizer finalizer/${finalizer}`;
export const release: string = `releaseFinalizer finalizer/${finalizer}`;
