import type { FieldIssue } from '../issues/field-issue.ts';
import type { Workspace } from '../schema/workspace.ts';

/** Facts about the installation that some rules need. */
export interface ValidationOptions {
  /** Where nodes come from. With a provisioner `instanceType` is required and partitions are refused. Default `byo`. */
  readonly nodeProvisioner?: 'byo' | 'azure-gpu-provisioner' | 'karpenter';
  /** NodeClasses that `kaito.sh/node-class-name` may name; only read with `karpenter`. */
  readonly nodeClassNames?: readonly string[];
  /** MIG profiles that the GPUs have; without it only the form of a profile is checked. */
  readonly migProfiles?: readonly string[];
  /** Model streaming is on, which makes its annotation immutable. */
  readonly modelStreaming?: boolean;
}

/** Rules between fields, as they hold for a new Workspace; errors and warnings. */
export function validateWorkspaceCreate(
  _workspace: Workspace,
  _options: ValidationOptions = {},
): readonly FieldIssue[] {
  return [];
}
