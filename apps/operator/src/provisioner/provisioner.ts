import type { ValidationOptions, Workspace } from '@kaito-ts/api-types';
import type { KubeObject, Node } from '@kaito-ts/kube-runtime';
import type { Catalogue } from '@kaito-ts/preset-catalog';
import type { Cause } from '../plan/cause.ts';
import type { NodeRequirement, Toleration, Unusable } from '../plan/node-matching.ts';
import type { OrderedObject, Step } from '../plan/plan-value.ts';
import type { Infrastructure } from './infrastructure.ts';

/** Which nodes a Workspace may use, in the order they are tried, and why the others are not among them. */
export interface NodeSurvey {
  readonly usable: readonly Node[];
  /** Nodes that match but cannot take a pod now. */
  readonly unusable: readonly UnusableNode[];
  /** What a person should know although it stops nothing. */
  readonly warnings: readonly NodeWarning[];
  /** Why there may be no usable node, in one sentence. */
  readonly summary: string;
}

export interface UnusableNode extends Unusable {
  readonly name: string;
}

export interface NodeWarning {
  readonly reason: string;
  readonly message: string;
}

export interface SurveyInput {
  readonly workspace: Workspace;
  readonly nodes: readonly Node[];
  readonly tolerations: readonly Toleration[];
  readonly catalogue: Catalogue;
}

/** Where nodes come from. Pure: what must be created is part of the plan, not done here. */
export interface NodeProvisioner {
  readonly name: 'byo' | 'karpenter' | 'azure-gpu-provisioner';
  /** What the API rules depend on. */
  readonly validation: ValidationOptions;
  survey(input: SurveyInput): NodeSurvey;
  /** How nodes are bought; undefined where they are there already. */
  readonly purchasing?: NodePurchasing;
}

export interface NodePurchasing {
  /** What is ordered, and must be gone before the Workspace is. */
  readonly kinds: readonly OrderedObject['kind'][];
  /** Only nodes that meet these are counted, and pods go to no others: one source of truth for both. */
  readonly ownership: (workspace: KubeObject) => readonly NodeRequirement[];
  /** The writes towards just as many machines as are wanted, and what is in the way of those that were ordered. */
  readonly towards: (input: PurchaseInput) => Purchase;
}

export interface PurchaseInput {
  readonly workspace: Workspace & KubeObject;
  readonly infrastructure: Infrastructure;
  /** Machines that the provider is to have; nodes that somebody else gave the Workspace are taken off already. */
  readonly wanted: number;
  /** Nodes that a pod of the Workspace is bound to. */
  readonly occupied: ReadonlySet<string>;
  /** No pod of the Workspace waits for a node: those without pods are not needed. */
  readonly settled: boolean;
  /** Bytes of the model; undefined for a template or where it is not known. */
  readonly weightBytes: number | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface Purchase {
  readonly steps: readonly Step[];
  /** Why machines that were ordered, or should be, are not there. */
  readonly cause: Cause | undefined;
  readonly warnings: readonly NodeWarning[];
  /** When time alone changes what is to be said or done, in milliseconds from now. */
  readonly recheckMilliseconds?: number | undefined;
}
