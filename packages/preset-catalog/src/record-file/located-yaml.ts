import {
  constructFromEvents,
  EVENT_ID,
  getScalarValue,
  parseEvents,
  YAMLException,
  type Event,
} from 'js-yaml';

export interface Position {
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

export type Path = readonly (string | number)[];

export interface LocatedYaml {
  readonly value: unknown;
  /** Where the value at this path, or the nearest thing around it, is written. */
  positionOf(path: Path): Position | undefined;
}

/** Thrown when a text is no YAML. */
export class YamlSyntaxError extends Error {
  override readonly name = 'YamlSyntaxError';
  readonly code = 'YAML_SYNTAX';
  readonly position: Position | undefined;

  constructor(message: string, position: Position | undefined, options: ErrorOptions) {
    super(message, options);
    this.position = position;
  }
}

/** Reads one YAML document and remembers where each value stands. */
export function parseLocatedYaml(source: string, filename: string): LocatedYaml {
  try {
    const events = parseEvents(source, { filename });
    const documents = constructFromEvents(events, { source, filename });
    if (documents.length > 1) throw new YAMLException('one document expected, found several');
    const offsets = offsetsOf(events, source);
    return {
      value: documents[0],
      positionOf(path) {
        for (let length = path.length; length >= 0; length -= 1) {
          const offset = offsets.get(keyOf(path.slice(0, length)));
          if (offset !== undefined) return positionAt(source, offset);
        }
        return undefined;
      },
    };
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const mark = error.mark;
    const position = mark === undefined ? undefined : { line: mark.line + 1, column: mark.column + 1 };
    throw new YamlSyntaxError(error.reason, position, { cause: error });
  }
}

interface Open {
  readonly path: Path;
  readonly kind: 'mapping' | 'sequence' | 'document';
  /** Of a mapping: the key whose value comes next. */
  key?: string | undefined;
  /** Of a sequence. */
  next: number;
}

function offsetsOf(events: readonly Event[], source: string): ReadonlyMap<string, number> {
  const offsets = new Map<string, number>();
  const open: Open[] = [];
  /** Tells where the node that starts now belongs; undefined for a mapping's key. */
  const place = (text: string | undefined, offset: number): Path | undefined => {
    const parent = open.at(-1);
    if (parent === undefined || parent.kind === 'document') return [];
    if (parent.kind === 'sequence') return [...parent.path, parent.next++];
    if (parent.key === undefined) {
      parent.key = text ?? '';
      // A problem with a field is shown at its name.
      offsets.set(keyOf([...parent.path, parent.key]), offset);
      return undefined;
    }
    const path = [...parent.path, parent.key];
    parent.key = undefined;
    return path;
  };
  const remember = (path: Path | undefined, offset: number): void => {
    if (path !== undefined && !offsets.has(keyOf(path))) offsets.set(keyOf(path), offset);
  };
  for (const event of events) {
    switch (event.type) {
      case EVENT_ID.DOCUMENT:
        open.push({ path: [], kind: 'document', next: 0 });
        break;
      case EVENT_ID.MAPPING:
      case EVENT_ID.SEQUENCE: {
        const path = place(undefined, event.start);
        remember(path, event.start);
        const kind = event.type === EVENT_ID.MAPPING ? 'mapping' : 'sequence';
        open.push({ path: path ?? [], kind, next: 0 });
        break;
      }
      case EVENT_ID.SCALAR:
        remember(place(getScalarValue(source, event), event.valueStart), event.valueStart);
        break;
      case EVENT_ID.ALIAS:
        remember(place(undefined, event.anchorStart), event.anchorStart);
        break;
      case EVENT_ID.POP:
        open.pop();
        break;
    }
  }
  return offsets;
}

function keyOf(path: Path): string {
  return JSON.stringify(path.map(String));
}

function positionAt(source: string, offset: number): Position {
  const before = source.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: offset - lineStart + 1 };
}
