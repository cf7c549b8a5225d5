import { fieldsAt, isFields, type Fields } from '../json.ts';
import type { KubeObject, ManagedFieldsEntry } from '../objects.ts';
import { resolve, type Schema } from '../schema/schema.ts';
import { ApiError, type Cause } from '../status.ts';
import { FieldSet } from './field-set.ts';
import { compare, fieldSetOf, overlay, without } from './structure.ts';

/** Who writes, and as what: one entry of managedFields per distinct value. */
export interface Writer {
  readonly manager: string;
  readonly apiVersion: string;
  readonly subresource: string | undefined;
  readonly time: string;
}

/** What the server keeps itself; nobody owns it. */
const untracked = new Set([
  'name',
  'namespace',
  'creationTimestamp',
  'uid',
  'generation',
  'managedFields',
  'resourceVersion',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
]);

function tracked(object: Fields): Fields {
  const metadata = fieldsAt(object, 'metadata');
  const kept = Object.entries(metadata).filter(([name]) => !untracked.has(name));
  const { apiVersion: _version, kind: _kind, metadata: _metadata, ...rest } = object;
  return kept.length > 0 ? { ...rest, metadata: Object.fromEntries(kept) } : rest;
}

/** managedFields after an ordinary write: the writer owns what it changed, others lose it. */
export function afterUpdate(
  before: KubeObject | undefined,
  after: KubeObject,
  schema: Schema,
  writer: Writer,
): readonly ManagedFieldsEntry[] {
  const entries = before?.metadata.managedFields ?? [];
  const { changed, removed } = compare(before && tracked(before), tracked(after), resolve(schema));
  changed.member = false;
  if (changed.isEmpty && removed.isEmpty) return entries;
  const lost = changed.union(removed);
  const result: ManagedFieldsEntry[] = [];
  let own = changed;
  for (const entry of entries) {
    const set = FieldSet.fromFieldsV1(entry.fieldsV1);
    if (isSame(entry, writer, 'Update')) own = set.union(changed).difference(removed);
    else {
      const left = set.difference(lost);
      if (!left.isEmpty) result.push({ ...entry, fieldsV1: left.toFieldsV1() });
    }
  }
  if (!own.isEmpty) result.push(entryFor(writer, 'Update', own));
  return ordered(result);
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
  const wanted = fieldSetOf(tracked(applied), schema);
  wanted.member = false;
  const before = live ? tracked(live) : {};
  const merged = overlay(before, tracked(applied), schema);
  const { changed } = compare(before, merged, schema);
  const others: ManagedFieldsEntry[] = [];
  const conflicts: { readonly manager: string; readonly paths: readonly string[] }[] = [];
  let owned = wanted;
  let previous = new FieldSet();
  let known: ManagedFieldsEntry | undefined;
  for (const entry of live?.metadata.managedFields ?? []) {
    const set = FieldSet.fromFieldsV1(entry.fieldsV1);
    if (isSame(entry, writer, 'Apply')) {
      known = entry;
      previous = set;
      continue;
    }
    const clash = set.intersection(changed);
    if (!clash.isEmpty) conflicts.push({ manager: described(entry), paths: clash.paths() });
    const left = clash.isEmpty ? set : set.difference(clash);
    owned = owned.union(left);
    if (!left.isEmpty) others.push(clash.isEmpty ? entry : { ...entry, fieldsV1: left.toFieldsV1() });
  }
  if (conflicts.length > 0 && !writer.force) throw applyConflict(conflicts);
  const object = without(merged, previous.difference(wanted), owned, schema);
  const own = entryFor(writer, 'Apply', wanted);
  const isUnchanged = known && JSON.stringify(known.fieldsV1) === JSON.stringify(own.fieldsV1);
  const mine = isUnchanged && known?.apiVersion === own.apiVersion ? known : own;
  const managedFields = ordered(wanted.isEmpty ? others : [...others, mine]);
  return { object: isFields(object) ? object : {}, managedFields };
}

/** Appliers first, then by time. */
function ordered(entries: readonly ManagedFieldsEntry[]): ManagedFieldsEntry[] {
  return [...entries].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

function rank({ operation, time, manager }: ManagedFieldsEntry): string {
  return `${operation} ${time} ${manager}`;
}

function isSame(entry: ManagedFieldsEntry, writer: Writer, operation: string): boolean {
  const same = entry.manager === writer.manager && entry.operation === operation;
  return (
    same &&
    (entry.subresource ?? '') === (writer.subresource ?? '') &&
    (operation === 'Apply' || entry.apiVersion === writer.apiVersion)
  );
}

function entryFor(writer: Writer, operation: 'Apply' | 'Update', set: FieldSet): ManagedFieldsEntry {
  const { manager, apiVersion, time, subresource } = writer;
  const entry: ManagedFieldsEntry = {
    manager,
    operation,
    apiVersion,
    time,
    fieldsType: 'FieldsV1',
    fieldsV1: set.toFieldsV1(),
  };
  return subresource ? { ...entry, subresource } : entry;
}

function described(entry: ManagedFieldsEntry): string {
  const subresource = entry.subresource ? ` with subresource "${entry.subresource}"` : '';
  const using = entry.operation === 'Update' ? ` using ${entry.apiVersion}` : '';
  return `"${entry.manager}"${subresource}${using}`;
}

function applyConflict(conflicts: readonly { manager: string; paths: readonly string[] }[]): ApiError {
  const causes: Cause[] = conflicts.flatMap(({ manager, paths }) =>
    paths.map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with ${manager}`, field })),
  );
  const plural = causes.length === 1 ? 'conflict' : 'conflicts';
  const [first] = conflicts;
  const text =
    causes.length === 1 && first
      ? `conflict with ${first.manager}: ${first.paths[0]}`
      : `${plural} with ${conflicts.map(({ manager, paths }) => `${manager}:${paths.map((path) => `\n- ${path}`).join('')}`).join('\nconflicts with ')}`;
  const message = `Apply failed with ${causes.length} ${plural}: ${text}`;
  return new ApiError(409, 'Conflict', message, { causes });
}
