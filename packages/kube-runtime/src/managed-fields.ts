import { isRecord } from './decode.ts';
import type { KubeObject } from './object.ts';

/** Drops managedFields, often half of an object, save the given manager's. Changes the object it is given. */
export function keepManagedFields<T extends KubeObject>(object: T, manager: string | undefined): T {
  const { managedFields } = object.metadata;
  if (managedFields === undefined) return object;
  const kept =
    manager === undefined
      ? []
      : managedFields.filter((entry) => isRecord(entry) && entry['manager'] === manager);
  const metadata = object.metadata as { managedFields?: readonly unknown[] | undefined };
  if (kept.length > 0) metadata.managedFields = kept;
  else delete metadata.managedFields;
  return object;
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
