import type { JsonPatchOperation, KubeObject } from '@kaito-ts/kube-runtime';

interface FieldsEntry {
  readonly manager?: string;
  readonly operation?: string;
  readonly subresource?: string;
  readonly apiVersion?: string;
  readonly fieldsV1?: FieldSet;
}

type FieldSet = { readonly [key: string]: FieldSet };

/**
 * Makes one server-side-apply entry of ours out of the entries of everybody who set fields outside the status, or only out
 * of our own, so that the next apply removes whatever it does not name. Server-side apply has no verb for this; kubectl
 * does the same.
 */
export function claimedFields(
  live: KubeObject,
  manager: string,
  of: 'everybody' | 'ourselves',
): readonly JsonPatchOperation[] {
  const entries = (live.metadata.managedFields ?? []) as readonly FieldsEntry[];
  const taken = entries
    .filter(({ subresource }) => subresource === undefined || subresource === '')
    .filter((entry) => of === 'everybody' || entry.manager === manager);
  const [first] = taken;
  if (first === undefined || (taken.length === 1 && first.manager === manager && first.operation === 'Apply'))
    return [];
  const ours = {
    manager,
    operation: 'Apply',
    apiVersion: first.apiVersion,
    time: '1970-01-01T00:00:00Z',
    fieldsType: 'FieldsV1',
    fieldsV1: taken.reduce<FieldSet>((all, { fieldsV1 = {} }) => union(all, fieldsV1), {}),
  };
  return [
    { op: 'test', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion },
    {
      op: 'replace',
      path: '/metadata/managedFields',
      value: [...entries.filter((entry) => !taken.includes(entry)), ours],
    },
  ];
}

function union(left: FieldSet, right: FieldSet): FieldSet {
  const merged: Record<string, FieldSet> = { ...left };
  for (const [key, fields] of Object.entries(right)) merged[key] = union(merged[key] ?? {}, fields);
  return merged;
}
