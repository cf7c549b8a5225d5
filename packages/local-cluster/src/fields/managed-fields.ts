import { equal, fieldsAt, isFields, type Fields } from '../json.ts';
import type { KubeObject, ManagedFieldsEntry } from '../objects.ts';
import { resolve, type Schema } from '../schema/schema.ts';
import { ApiError, type Cause } from '../status.ts';
import {
  claimed,
  compare,
  fromFieldsV1,
  pathText,
  reaches,
  shownPath,
  toFieldsV1,
  type FieldPaths,
} from './field-paths.ts';
import { overlay, without } from './structure.ts';

/** Who writes, and as what: one entry of managedFields per distinct value. */
export interface Writer {
  readonly manager: string;
  readonly apiVersion: string;
  readonly subresource: string | undefined;
  readonly time: string;
}

/** The metadata that clients say; the rest the server keeps itself. */
const clientMetadata = new Set(['labels', 'annotations', 'finalizers', 'ownerReferences']);

/** The part of an object that somebody can own. */
function tracked(object: Fields = {}): Fields {
  const own = Object.entries(fieldsAt(object, 'metadata')).filter(([name]) => clientMetadata.has(name));
  const { apiVersion: _version, kind: _kind, metadata: _metadata, ...rest } = object;
  return own.length > 0 ? { ...rest, metadata: Object.fromEntries(own) } : rest;
}

export interface Update {
  readonly before: KubeObject | undefined;
  readonly after: KubeObject;
  /** Who owned what so far. */
  readonly entries: readonly ManagedFieldsEntry[];
}

/** managedFields after an ordinary write: the writer owns what it changed, others lose it. */
export function afterUpdate(
  { before, after, entries }: Update,
  schema: Schema,
  writer: Writer,
): readonly ManagedFieldsEntry[] {
  const { changed, removed } = compare(tracked(before), tracked(after), resolve(schema));
  if (changed.size + removed.size === 0) return entries;
  const mine = entries.find((entry) => isSame(entry, writer, 'Update'));
  const own = (mine ? fromFieldsV1(mine.fieldsV1) : new Set<string>()).union(changed).difference(removed);
  const others = entries
    .filter((entry) => entry !== mine)
    .flatMap((entry) => reduced(entry, changed.union(removed)));
  return own.size > 0 ? [...others, entryFor(writer, 'Update', own)] : others;
}

export interface ApplyResult {
  readonly object: Fields;
  readonly managedFields: readonly ManagedFieldsEntry[];
}

/** Server-side apply: merges, refuses conflicts unless forced, and drops what the manager no longer sets. */
export function applyOver(
  live: KubeObject | undefined,
  applied: Fields,
  rootSchema: Schema,
  writer: Writer & { readonly force: boolean },
): ApplyResult {
  const schema = resolve(rootSchema);
  const wanted = claimed(tracked(applied), schema);
  const merged = overlay(tracked(live), tracked(applied), schema);
  const { changed } = compare(tracked(live), merged, schema);
  const entries = live?.metadata.managedFields ?? [];
  const known = entries.find((entry) => isSame(entry, writer, 'Apply'));
  const others = entries.filter((entry) => entry !== known);
  const conflicts = others.flatMap((entry) =>
    [...fromFieldsV1(entry.fieldsV1).intersection(changed)].map((path) => ({ entry, path: shownPath(path) })),
  );
  if (conflicts.length > 0 && !writer.force) throw applyConflict(conflicts);
  const left = others.flatMap((entry) => reduced(entry, changed));
  const owned = left.reduce<FieldPaths>((all, entry) => all.union(fromFieldsV1(entry.fieldsV1)), wanted);
  const dropped = (known ? fromFieldsV1(known.fieldsV1) : new Set<string>()).difference(wanted);
  const isGone = (path: readonly string[]): boolean =>
    dropped.has(pathText(path)) && !reaches(owned, pathText(path));
  const object = without(merged, schema, isGone);
  const own = entryFor(writer, 'Apply', wanted);
  const isUnchanged = known?.apiVersion === own.apiVersion && equal(known.fieldsV1, own.fieldsV1);
  const managedFields = wanted.size > 0 ? [...left, isUnchanged ? known : own] : left;
  return { object: isFields(object) ? object : {}, managedFields };
}

/** An entry without the fields that its manager has lost. */
function reduced(entry: ManagedFieldsEntry, lost: FieldPaths): ManagedFieldsEntry[] {
  const set = fromFieldsV1(entry.fieldsV1);
  const left = set.difference(lost);
  if (left.size === set.size) return [entry];
  return left.size > 0 ? [{ ...entry, fieldsV1: toFieldsV1(left) }] : [];
}

function isSame(entry: ManagedFieldsEntry, writer: Writer, operation: string): boolean {
  return (
    entry.manager === writer.manager &&
    entry.operation === operation &&
    entry.subresource === writer.subresource &&
    (operation === 'Apply' || entry.apiVersion === writer.apiVersion)
  );
}

function entryFor(writer: Writer, operation: 'Apply' | 'Update', set: FieldPaths): ManagedFieldsEntry {
  const { manager, apiVersion, time, subresource } = writer;
  const fieldsV1 = toFieldsV1(set);
  const entry = { manager, operation, apiVersion, time, fieldsType: 'FieldsV1' as const, fieldsV1 };
  return subresource ? { ...entry, subresource } : entry;
}

interface FieldConflict {
  readonly entry: ManagedFieldsEntry;
  readonly path: string;
}

function applyConflict(conflicts: readonly FieldConflict[]): ApiError {
  const causes: Cause[] = conflicts.map(({ entry, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${described(entry)}`,
    field: path,
  }));
  const word = causes.length === 1 ? 'conflict' : 'conflicts';
  const list = causes.map(({ message, field }) => `${message}: ${field}`).join('\n');
  return new ApiError(409, 'Conflict', `Apply failed with ${causes.length} ${word}: ${list}`, { causes });
}

function described({ manager, subresource, operation, apiVersion }: ManagedFieldsEntry): string {
  const part = subresource ? ` with subresource "${subresource}"` : '';
  return `"${manager}"${part}${operation === 'Update' ? ` using ${apiVersion}` : ''}`;
}
