import { equal, isFields, type Fields } from '../json.ts';
import type { Schema } from '../schema/schema.ts';
import { partsOf } from './structure.ts';

/** A set of fields: the path of each, as one text. */
export type FieldPaths = Set<string>;

const separator = '\u0000';

export function pathText(path: readonly string[]): string {
  return path.join(separator);
}

/** Every path on the way to one of these, and the paths themselves. */
export function withAncestors(paths: FieldPaths): FieldPaths {
  return new Set(
    [...paths].flatMap((text) => {
      const path = text.split(separator);
      return path.map((_, index) => pathText(path.slice(0, index + 1)));
    }),
  );
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
  const tree: Fields = {};
  for (const text of [...paths].sort()) {
    let at = tree;
    const path = text.split(separator);
    for (const [index, key] of path.entries()) {
      const known = at[key];
      const isOwned = index < path.length - 1 && paths.has(pathText(path.slice(0, index + 1)));
      const next = isFields(known) ? known : {};
      if (isOwned) next['.'] = {};
      at[key] = next;
      at = next;
    }
  }
  return tree;
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

interface Node {
  readonly value: unknown;
  /** A map or list that is only there for what is in it. */
  readonly isContainer: boolean;
}

const contents = 'contents';

/** Everything that a value sets, by path. */
function nodesOf(value: unknown, schema: Schema | undefined): Map<string, Node> {
  const nodes = new Map<string, Node>();
  const visit = (at: unknown, below: Schema | undefined, path: readonly string[]): void => {
    const parts = partsOf(at, below);
    const isLeaf = !parts || parts.length === 0;
    const isItem = path.at(-1)?.startsWith('f:') === false;
    if (path.length > 0)
      nodes.set(pathText(path), { value: isLeaf ? at : contents, isContainer: !isLeaf && !isItem });
    for (const part of parts ?? []) visit(part.value, part.schema, [...path, part.key]);
  };
  visit(value, schema, []);
  return nodes;
}

/** The fields that an applied configuration claims: the leaves, and each keyed item itself. */
export function claimed(value: unknown, schema: Schema | undefined): FieldPaths {
  return new Set([...nodesOf(value, schema)].flatMap(([path, node]) => (node.isContainer ? [] : [path])));
}

/** What differs between two values: changed or added, and removed. */
export function compare(
  before: unknown,
  after: unknown,
  schema: Schema | undefined,
): { readonly changed: FieldPaths; readonly removed: FieldPaths } {
  const old = nodesOf(before, schema);
  const next = nodesOf(after, schema);
  const changed = [...next].filter(([path, { value }]) => {
    const known = old.get(path);
    return !known || !equal(known.value, value);
  });
  const removed = [...old.keys()].filter((path) => !next.has(path));
  return { changed: new Set(changed.map(([path]) => path)), removed: new Set(removed) };
}
