import { expect, test } from 'vitest';
import { parsePublishedJson } from './published-json.ts';

test.each([
  ['{"a": Infinity, "b": [-Infinity, NaN]}', { a: null, b: [null, null] }],
  ['{"text": "NaN and Infinity \\" NaN", "n": NaN}', { text: 'NaN and Infinity " NaN', n: null }],
  ['\uFEFF{"a": 1}', { a: 1 }],
])('%s', (text, value) => {
  expect(parsePublishedJson(text)).toEqual(value);
});

test('what is no JSON is refused', () => {
  expect(() => parsePublishedJson('{"a": Infinit}')).toThrow(SyntaxError);
});
