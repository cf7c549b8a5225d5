import type { JsonValue } from './json-value.ts';

/** A string, kept as it is, or one of the numbers that Python writes and JSON does not have. */
const stringsAndBareNumbers = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g;

/** JSON as Python's `json` writes it: bare `Infinity`, `-Infinity` and `NaN` become null. Throws a SyntaxError otherwise. */
export function parsePublishedJson(text: string): JsonValue {
  const plain = text.replaceAll(stringsAndBareNumbers, (token) => (token.startsWith('"') ? token : 'null'));
  return JSON.parse(plain.replace(/^\uFEFF/, '')) as JsonValue;
}
