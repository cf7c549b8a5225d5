import { type Event, EVENT_ID, getScalarValue, SCALAR_STYLE } from 'js-yaml';

/** Where one node of a YAML document stands in its text. */
export interface LocatedNode {
  /** Offset of the key that names the node, else of the node itself. */
  readonly offset: number;
  /** Offset of the node itself. */
  readonly valueOffset: number;
  readonly children: ReadonlyMap<string | number, LocatedNode>;
  /** The text of a scalar without quotes. */
  readonly plainText?: string;
}

interface OpenNode {
  readonly offset: number;
  readonly valueOffset: number;
  readonly children: Map<string | number, LocatedNode>;
  readonly kind: 'document' | 'sequence' | 'mapping';
  pendingKey?: { readonly text: string; readonly offset: number } | undefined;
}

const empty: ReadonlyMap<string | number, LocatedNode> = new Map();

/** Builds one tree of offsets per document from the parser's flat events. */
export function eventTrees(events: readonly Event[], source: string): readonly (LocatedNode | undefined)[] {
  const roots: (LocatedNode | undefined)[] = [];
  const open: OpenNode[] = [];
  const anchors = new Map<string, LocatedNode>();

  for (const event of events) {
    if (event.type === EVENT_ID.POP) {
      const closed = open.pop();
      if (closed?.kind === 'document') roots.push(closed.children.get(0));
      continue;
    }
    const parent = open.at(-1);
    if (event.type === EVENT_ID.DOCUMENT) {
      anchors.clear();
      open.push({ kind: 'document', offset: 0, valueOffset: 0, children: new Map() });
    } else if (event.type === EVENT_ID.SCALAR) {
      const text = getScalarValue(source, event);
      if (isKey(parent)) parent.pendingKey = { text, offset: scalarOffset(event) };
      else remember(event, attach(parent, scalarNode(event, text)));
    } else if (event.type === EVENT_ID.ALIAS) {
      const target = anchors.get(source.slice(event.anchorStart, event.anchorEnd));
      if (isKey(parent)) parent.pendingKey = { text: target?.plainText ?? '', offset: event.anchorStart - 1 };
      else attach(parent, { valueOffset: event.anchorStart - 1, children: target?.children ?? empty });
    } else {
      const kind = event.type === EVENT_ID.MAPPING ? 'mapping' : 'sequence';
      const children = new Map<string | number, LocatedNode>();
      const complexKey = isKey(parent);
      const node = complexKey
        ? { offset: event.start, valueOffset: event.start, children }
        : remember(event, attach(parent, { valueOffset: event.start, children }));
      if (complexKey) parent.pendingKey = { text: '', offset: event.start };
      open.push({ kind, offset: node.offset, valueOffset: node.valueOffset, children });
    }
  }
  return roots;

  function remember(
    event: { readonly anchorStart: number; readonly anchorEnd: number },
    node: LocatedNode,
  ): LocatedNode {
    if (event.anchorStart >= 0) anchors.set(source.slice(event.anchorStart, event.anchorEnd), node);
    return node;
  }
}

function isKey(parent: OpenNode | undefined): parent is OpenNode {
  return parent?.kind === 'mapping' && parent.pendingKey === undefined;
}

function attach(parent: OpenNode | undefined, node: Omit<LocatedNode, 'offset'>): LocatedNode {
  const key = parent?.kind === 'mapping' ? parent.pendingKey : undefined;
  const located = { ...node, offset: key?.offset ?? node.valueOffset };
  if (!parent) return located;
  parent.children.set(key?.text ?? parent.children.size, located);
  parent.pendingKey = undefined;
  return located;
}

type Scalar = Extract<Event, { type: typeof EVENT_ID.SCALAR }>;

function scalarNode(event: Scalar, text: string): Omit<LocatedNode, 'offset'> {
  const node = { valueOffset: scalarOffset(event), children: empty };
  return event.style === SCALAR_STYLE.PLAIN ? { ...node, plainText: text } : node;
}

/** The parser counts from behind an opening quote. */
function scalarOffset({ style, valueStart }: Scalar): number {
  return style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED
    ? valueStart - 1
    : valueStart;
}
