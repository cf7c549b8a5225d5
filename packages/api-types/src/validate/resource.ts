import { error, type FieldIssue, issueCodes } from '../issues/field-issue.ts';
import type { PartitionSpec } from '../schema/resource.ts';
import type { Workspace } from '../schema/workspace.ts';
import { labelSelectorIssues } from './label-selector.ts';
import { provisionsNodes, type ValidationOptions } from './validation-options.ts';

/** Rules about nodes and parts of their GPUs. */
export function resourceIssues({ resource }: Workspace, options: ValidationOptions): readonly FieldIssue[] {
  return [
    ...instanceTypeIssues(resource?.instanceType, options),
    ...(resource ? labelSelectorIssues(resource.labelSelector, 'resource.labelSelector') : []),
    ...(resource?.partition ? partitionIssues(resource.partition, options) : []),
  ];
}

function instanceTypeIssues(
  instanceType: string | undefined,
  options: ValidationOptions,
): readonly FieldIssue[] {
  if (instanceType || !provisionsNodes(options)) return [];
  const message = 'is required when node auto-provisioning is enabled: it says which machine to order';
  return [error('resource.instanceType', issueCodes.required, message)];
}

function partitionIssues(partition: PartitionSpec, options: ValidationOptions): readonly FieldIssue[] {
  const at = 'resource.partition';
  if (provisionsNodes(options)) {
    return [error(at, issueCodes.notAllowed, 'only supported with existing nodes (node provisioner byo)')];
  }
  return partition.mode === 'mig' ? migIssues(partition, at, options) : acceleratorIssues(partition, at);
}

function migIssues(
  { count, profile }: PartitionSpec,
  at: string,
  options: ValidationOptions,
): readonly FieldIssue[] {
  const issues: FieldIssue[] = [];
  if (count !== undefined) {
    issues.push(error(`${at}.count`, issueCodes.notAllowed, 'only valid for accelerator mode', count));
  }
  if (profile && options.migProfiles && !options.migProfiles.includes(profile)) {
    const known = options.migProfiles.join(', ');
    issues.push(
      error(`${at}.profile`, issueCodes.invalidValue, `unknown MIG profile; known are ${known}`, profile),
    );
  }
  return issues;
}

function acceleratorIssues({ count, profile }: PartitionSpec, at: string): readonly FieldIssue[] {
  const issues: FieldIssue[] = [];
  if (profile) {
    issues.push(error(`${at}.profile`, issueCodes.notAllowed, 'not valid for accelerator mode', profile));
  }
  if (count === undefined) {
    issues.push(error(`${at}.count`, issueCodes.required, 'count is required for accelerator mode'));
  }
  return issues;
}
