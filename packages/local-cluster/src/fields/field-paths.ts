import { equal, isFields, type Fields } from '../json.ts';
import type { Schema } from '../schema/schema.ts';
import { partsOf } from './structure.ts';

/** A set of fields: the path of each, as one text. */
export type FieldPaths = Set<string>;

const separator = '\u0000';

export function pathText(path: readonly string[]): string {
  return path.join(separator);
}

/** Whether a field, or something in it, is in a set. */
export function reaches(paths: FieldPaths, path: string): boolean {
  return paths.has(path) || [...paths].some((other) => other.startsWith(path + separator));
}

/** Reads the tree that managedFields writes down. */
export function fromFieldsV1(tree: Fields, path: readonly string[] = []): FieldPaths {
  const found = new Set<string>();
  const inner = Object.entries(tree);
  if (path.length > 0 && (inner.length === 0 || '.' in tree)) found.add(pathText(path));
  for (const [key, below] of inner)
    if (key !== '.' && isFields(below))
      for (const text of fromFieldsV1(below, [...path, key])) found.add(text);
  return found;
}

export function toFieldsV1(paths: FieldPaths): Fields {
  return treeOf([...paths].sort().map((text) => text.split(separator)));
}

/** A dot marks what is owned itself, beside what is in it. */
function treeOf(paths: readonly (readonly string[])[]): Fields {
  const byHead = Map.groupBy(paths, ([head = '']) => head);
  const entries = [...byHead].map(([head, found]): [string, Fields] => {
    const below = found.map(([, ...rest]) => rest).filter((rest) => rest.length > 0);
    const isOwned = below.length > 0 && below.length < found.length;
    return [head, { ...(isOwned && { '.': {} }), ...treeOf(below) }];
  });
  return Object.fromEntries(entries);
}

/** Paths as the conflict message shows them: `.spec.items[name="a"].strength`. */
export function shownPath(text: string): string {
  return text.split(separator).map(shownKey).join('');
}

function shownKey(key: string): string {
  const text = key.slice(2);
  if (key.startsWith('f:')) return `.${text}`;
  if (key.startsWith('v:')) return `[=${text}]`;
  const entries = Object.entries(JSON.parse(text) as Fields);
  return `[${entries.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`;
}

/** Everything that a value sets, by path: its leaves, and the items of its sets and keyed lists. */
function leavesOf(value: unknown, schema: Schema | undefined): Map<string, unknown> {
  const leaves = new Map<string, unknown>();
  const visit = (at: unknown, below: Schema | undefined, path: readonly string[]): void => {
    const parts = partsOf(at, below) ?? [];
    const isItem = path.at(-1)?.startsWith('f:') === false;
    if (path.length > 0 && (isItem || parts.length === 0))
      leaves.set(pathText(path), parts.length === 0 ? at : 'an item');
    for (const part of parts) visit(part.value, part.schema, [...path, part.key]);
  };
  visit(value, schema, []);
  return leaves;
}

/** The fields that an applied configuration claims. */
export function claimed(value: unknown, schema: Schema | undefined): FieldPaths {
  return new Set(leavesOf(value, schema).keys());
}

/** What differs between two values: changed or added, and removed. */
export function compare(
  before: unknown,
  after: unknown,
  schema: Schema | undefined,
): { readonly changed: FieldPaths; readonly removed: FieldPaths } {
  const old = leavesOf(before, schema);
  const next = leavesOf(after, schema);
  const changed = [...next].filter(([path, value]) => !old.has(path) || !equal(old.get(path), value));
  const removed = new Set(old.keys()).difference(next);
  return { changed: new Set(changed.map(([path]) => path)), removed };
}
