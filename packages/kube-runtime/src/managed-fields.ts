import { isRecord } from './decode.ts';
import type { KubeObject } from './object.ts';

/** What is kept of managedFields: nothing unless said otherwise. */
export interface KeptManagedFields {
  /** Only this manager's. */
  readonly of: string;
  /** Only by what operation it wrote, which is enough for `madeByUpdate`, and not the long list of fields. */
  readonly operationsOnly?: boolean;
}

/** Drops managedFields, often half of an object, save what is to be kept. Changes the object it is given. */
export function keepManagedFields<T extends KubeObject>(object: T, keep: KeptManagedFields | undefined): T {
  const { managedFields } = object.metadata;
  if (managedFields === undefined) return object;
  const kept =
    keep === undefined
      ? []
      : managedFields
          .filter((entry) => isRecord(entry) && entry['manager'] === keep.of)
          .map((entry) => (keep.operationsOnly === true && isRecord(entry) ? operationOf(entry) : entry));
  const metadata = object.metadata as { managedFields?: readonly unknown[] | undefined };
  if (kept.length > 0) metadata.managedFields = kept;
  else delete metadata.managedFields;
  return object;
}

function operationOf({
  manager,
  operation,
  subresource,
}: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { manager, operation, ...(subresource !== undefined && { subresource }) };
}

/**
 * Whether the manager owns fields by a plain create or update. Such fields stay when a later apply of the same manager
 * leaves them out, so they must be made its applied ones first.
 */
export function madeByUpdate({ metadata }: KubeObject, manager: string): boolean {
  return (metadata.managedFields ?? []).some(
    (entry) =>
      isRecord(entry) &&
      entry['manager'] === manager &&
      entry['operation'] === 'Update' &&
      (entry['subresource'] ?? '') === '',
  );
}

/** The tree of fields that a manager set by server-side apply, in fieldsV1 form; undefined when it is not known. */
export function ownedFields(
  object: KubeObject,
  manager: string,
  subresource = '',
): Readonly<Record<string, unknown>> | undefined {
  const entry = object.metadata.managedFields?.find(
    (item) =>
      isRecord(item) &&
      item['manager'] === manager &&
      item['operation'] === 'Apply' &&
      (item['subresource'] ?? '') === subresource,
  );
  return isRecord(entry) && isRecord(entry['fieldsV1']) ? entry['fieldsV1'] : undefined;
}
