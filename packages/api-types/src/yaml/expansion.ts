import type { LocatedNode } from './event-tree.ts';

/** More than any manifest holds; text with aliases can stand for far more than it has letters. */
const maxExpandedNodes = 100_000;

/** Says why a document stands for too much, or for something endless; undefined when all is well. */
export function expansionProblem(root: LocatedNode): string | undefined {
  const sizes = new Map<LocatedNode['children'], number>();
  const open = new Set<LocatedNode['children']>();
  const size = expandedSize(root, sizes, open);
  if (Number.isNaN(size)) return 'an alias contains itself';
  return size > maxExpandedNodes ? `aliases expand to more than ${maxExpandedNodes} values` : undefined;
}

/** Number of values when every alias is written out; NaN when that never ends. */
function expandedSize(
  { children }: LocatedNode,
  sizes: Map<LocatedNode['children'], number>,
  open: Set<LocatedNode['children']>,
): number {
  if (children.size === 0) return 1;
  const known = sizes.get(children);
  if (known !== undefined) return known;
  if (open.has(children)) return Number.NaN;
  open.add(children);
  let size = 1;
  for (const child of children.values()) size += expandedSize(child, sizes, open);
  open.delete(children);
  sizes.set(children, size);
  return size;
}
