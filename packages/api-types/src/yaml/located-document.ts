import { constructFromEvents, CORE_SCHEMA, type Event, mergeTag, parseEvents, YAMLException } from 'js-yaml';
import type { FieldIssue } from '../issues/field-issue.ts';
import { type FieldPath, parseFieldPath } from '../issues/field-path.ts';
import { eventTrees, type LocatedNode } from './event-tree.ts';
import { expansionProblem } from './expansion.ts';
import { lineIndex } from './line-index.ts';
import { type YamlPosition, YamlSyntaxError } from './yaml-syntax-error.ts';

/** A YAML document that knows where each of its parts stands. */
export interface LocatedDocument {
  readonly value: unknown;
  readonly filename: string | undefined;
  /** Place of a path, or of its nearest ancestor that is written down; undefined for an empty document. */
  positionOf(path: FieldPath): YamlPosition | undefined;
  /** Scalars without quotes, as they are written. */
  plainScalars(): Iterable<{ readonly path: FieldPath; readonly text: string }>;
}

// Aliases may multiply a small text into a huge value; no manifest of ours needs more than this.
const maxAliases = 1000;

/** Parses YAML text, one entry per document that is not empty; throws YamlSyntaxError. */
export function parseYamlDocuments(
  text: string,
  options: { readonly filename?: string } = {},
): readonly LocatedDocument[] {
  const source = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const positionAt = lineIndex(source);
  const { events, values } = read(source, options.filename, positionAt);
  const trees = eventTrees(events, source);
  return values.flatMap((value, index) => {
    const tree = trees[index];
    if (value === null || value === undefined || tree === undefined) return [];
    const problem = expansionProblem(tree);
    if (problem !== undefined) {
      throw new YamlSyntaxError(problem, positionAt(tree.offset), { filename: options.filename });
    }
    return [locatedDocument(value, tree, options.filename, positionAt)];
  });
}

/** Adds line and column to issues whose path leads into the document. */
export function locateIssues(
  issues: readonly FieldIssue[],
  document: LocatedDocument,
): readonly FieldIssue[] {
  return issues.map((issue) => {
    if (issue.line !== undefined) return issue;
    const position = document.positionOf(parseFieldPath(issue.path));
    return position ? { ...issue, ...position } : issue;
  });
}

type PositionAt = (offset: number) => YamlPosition;

function read(
  source: string,
  filename: string | undefined,
  positionAt: PositionAt,
): { events: Event[]; values: unknown[] } {
  try {
    const events = parseEvents(source, {});
    const values = constructFromEvents(events, {
      source,
      schema: CORE_SCHEMA.withTags(mergeTag),
      maxAliases,
    });
    return { events, values };
  } catch (cause) {
    // js-yaml documents that errors other than YAMLException can escape it.
    const mark = cause instanceof YAMLException ? cause.mark : undefined;
    const reason = cause instanceof YAMLException ? cause.reason : String(cause);
    throw new YamlSyntaxError(reason, positionAt(mark?.position ?? 0), { filename, cause });
  }
}

function locatedDocument(
  value: unknown,
  root: LocatedNode,
  filename: string | undefined,
  positionAt: PositionAt,
): LocatedDocument {
  return {
    value,
    filename,
    positionOf(path) {
      let node = root;
      for (const segment of path) {
        const child = node.children.get(segment);
        if (!child) break;
        node = child;
      }
      return positionAt(node.offset);
    },
    plainScalars: () => plainScalars(root, []),
  };
}

function* plainScalars(node: LocatedNode, path: FieldPath): Iterable<{ path: FieldPath; text: string }> {
  if (node.plainText !== undefined) yield { path, text: node.plainText };
  for (const [key, child] of node.children) yield* plainScalars(child, [...path, key]);
}
