import type { Workspace } from '@kaito-ts/api-types';
import type { Node } from '@kaito-ts/kube-runtime';
import type { Toleration, Unusable } from '../plan/node-matching.ts';

/** Which nodes a Workspace may use, in the order they are tried, and why the others are not among them. */
export interface NodeSurvey {
  readonly usable: readonly Node[];
  /** Nodes that match but cannot take a pod now. */
  readonly unusable: readonly (Unusable & { readonly name: string })[];
  /** What a person should know although it stops nothing. */
  readonly warnings: readonly NodeWarning[];
  /** Why there may be no usable node, in one sentence. */
  readonly summary: string;
}

export interface NodeWarning {
  readonly reason: 'PreferredNodeUnknown' | 'InstanceTypeMatchesNoNode';
  readonly message: string;
}

export interface SurveyInput {
  readonly workspace: Workspace;
  readonly nodes: readonly Node[];
  readonly tolerations: readonly Toleration[];
}

/** Where nodes come from. Pure: what must be created is part of the plan, not done here. */
export interface NodeProvisioner {
  readonly name: string;
  survey(input: SurveyInput): NodeSurvey;
}
