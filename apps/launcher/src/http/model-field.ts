/**
 * The `model` of a JSON request body, found and replaced by its bytes. Nothing else is parsed: pictures travel in these
 * bodies as megabytes of base64, which would stand in memory three times, and large integers would be rounded.
 */
export type ModelField =
  | { readonly kind: 'named'; readonly name: string; readonly span: Span }
  /** Absent, null or empty; the span is what a name takes the place of. */
  | { readonly kind: 'missing'; readonly span: Span; readonly isAbsent: boolean }
  /** Not an object, not whole, or a model that is no string: the runtime says what is wrong with it. */
  | { readonly kind: 'opaque' };

interface Span {
  readonly start: number;
  readonly end: number;
}

const opaque: ModelField = { kind: 'opaque' };

export function readModelField(body: Buffer): ModelField {
  const open = firstNonSpace(body, 0);
  if (body[open] !== openBrace) return opaque;
  try {
    const span = findMember(body, open, 'model');
    if (span === undefined) {
      return { kind: 'missing', span: { start: open + 1, end: open + 1 }, isAbsent: true };
    }
    const first = body[firstNonSpace(body, span.start)];
    if (first !== quote && first !== letterN) return opaque;
    const value: unknown = JSON.parse(body.toString('utf8', span.start, span.end));
    if (value === null || value === '') return { kind: 'missing', span, isAbsent: false };
    return typeof value === 'string' ? { kind: 'named', name: value, span } : opaque;
  } catch {
    return opaque;
  }
}

/** The body with this name in the place of what `readModelField` has found in it. */
export function writeModelField(
  body: Buffer,
  field: Exclude<ModelField, { kind: 'opaque' }>,
  name: string,
): Buffer {
  const { start, end } = field.span;
  const isAbsent = field.kind === 'missing' && field.isAbsent;
  const isEmpty = isAbsent && body[firstNonSpace(body, end)] === closeBrace;
  const text = `${isAbsent ? '"model":' : ''}${JSON.stringify(name)}${isAbsent && !isEmpty ? ',' : ''}`;
  return Buffer.concat([body.subarray(0, start), Buffer.from(text), body.subarray(end)]);
}

/** What JSON takes for space: blank, tab, line feed, carriage return. */
const whitespace: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const letterN = 0x6e;

/**
 * The value of a member of the object that begins at `open`; the last one wins, as it does in every JSON parser that the
 * runtimes use. Throws when the object does not end.
 */
function findMember(body: Buffer, open: number, key: string): Span | undefined {
  let found: Span | undefined;
  let depth = 0;
  let currentKey: string | undefined;
  let valueStart = 0;
  for (let at = open; at < body.length; at++) {
    const byte = body[at];
    if (byte === quote) {
      const end = endOfString(body, at);
      if (depth === 1 && currentKey === undefined)
        currentKey = JSON.parse(body.toString('utf8', at, end)) as string;
      at = end - 1;
    } else if (byte === colon && depth === 1) {
      valueStart = at + 1;
    } else if (byte === openBrace || byte === openBracket) {
      depth++;
    } else if (byte === closeBrace || byte === closeBracket || byte === comma) {
      if (depth === 1 && currentKey === key) found = { start: valueStart, end: at };
      if (depth === 1) currentKey = undefined;
      if (byte !== comma) depth--;
      if (depth === 0) return found;
    }
  }
  throw new SyntaxError('the object does not end');
}

/** By search for quotes, which is native: a string may be megabytes long. */
function endOfString(body: Buffer, start: number): number {
  for (let at = body.indexOf(quote, start + 1); at >= 0; at = body.indexOf(quote, at + 1)) {
    let escapes = 0;
    while (body[at - 1 - escapes] === backslash) escapes++;
    if (escapes % 2 === 0) return at + 1;
  }
  throw new SyntaxError('a string does not end');
}

function firstNonSpace(body: Buffer, start: number): number {
  let at = start;
  while (whitespace.has(body[at] ?? 0)) at++;
  return at;
}
