/**
 * The `model` of a JSON request body, read and replaced without touching any other byte: parsing and printing again
 * would round large integers and spend time on megabytes of base64.
 */
export type ModelField =
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'missing' }
  /** Not an object, not JSON, or a model that is no string: the runtime says what is wrong with it. */
  | { readonly kind: 'opaque' };

export function readModelField(body: Buffer): ModelField {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    return { kind: 'opaque' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { kind: 'opaque' };
  const model = (value as { readonly model?: unknown }).model;
  if (model === undefined || model === null || model === '') return { kind: 'missing' };
  return typeof model === 'string' ? { kind: 'named', name: model } : { kind: 'opaque' };
}

/** `body` must hold a JSON object, as `readModelField` has found. */
export function writeModelField(body: Buffer, name: string): Buffer {
  const value = Buffer.from(JSON.stringify(name));
  const span = findTopLevelValue(body, 'model');
  if (span !== undefined) {
    return Buffer.concat([body.subarray(0, span.start), value, body.subarray(span.end)]);
  }
  const open = body.indexOf(openBrace) + 1;
  const isEmpty = body[firstNonSpace(body, open)] === closeBrace;
  const field = Buffer.concat([Buffer.from('"model":'), value, Buffer.from(isEmpty ? '' : ',')]);
  return Buffer.concat([body.subarray(0, open), field, body.subarray(open)]);
}

function firstNonSpace(body: Buffer, start: number): number {
  let at = start;
  while (whitespace.has(body[at] ?? 0)) at++;
  return at;
}

/** What JSON takes for space: blank, tab, line feed, carriage return. */
const whitespace: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);
const openBrace = 0x7b;
const closeBrace = 0x7d;
const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;

/** The last member wins, as it does in every JSON parser that the runtimes use. */
function findTopLevelValue(body: Buffer, key: string): { start: number; end: number } | undefined {
  let found: { start: number; end: number } | undefined;
  let depth = 0;
  let currentKey: string | undefined;
  let valueStart = 0;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at];
    if (byte === quote) {
      const end = endOfString(body, at);
      if (depth === 1 && currentKey === undefined)
        currentKey = JSON.parse(body.toString('utf8', at, end)) as string;
      at = end - 1;
    } else if (byte === colon && depth === 1) {
      valueStart = at + 1;
    } else if (byte === openBrace || byte === 0x5b) {
      depth++;
    } else if (byte === closeBrace || byte === 0x5d || byte === comma) {
      if (depth === 1 && currentKey === key) found = { start: valueStart, end: at };
      if (depth === 1) currentKey = undefined;
      if (byte !== comma) depth--;
    }
  }
  return found;
}

function endOfString(body: Buffer, start: number): number {
  for (let at = start + 1; at < body.length; at++) {
    if (body[at] === backslash) at++;
    else if (body[at] === quote) return at + 1;
  }
  return body.length;
}
