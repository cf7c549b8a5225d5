import { expect, test } from 'vitest';
import { readModelField, writeModelField } from './model-field.ts';

const cases: readonly [string, string][] = [
  ['{}', '{"model":"own"}'],
  [' { } ', ' {"model":"own" } '],
  [`{${' '.repeat(100)}}`, `{"model":"own"${' '.repeat(100)}}`],
  ['{"a":1}', '{"model":"own","a":1}'],
  ['{"model":""}', '{"model":"own"}'],
  ['{"a":[{"model":""}],"model":null,"b":"}"}', '{"a":[{"model":""}],"model":"own","b":"}"}'],
  ['{"a":"\\"model\\":","model":"x"}', '{"a":"\\"model\\":","model":"own"}'],
  ['{"mod\\u0065l":"x","z":1}', '{"mod\\u0065l":"own","z":1}'],
  ['{"model":"a","model":"b"}', '{"model":"a","model":"own"}'],
  ['{"model":{"deep":[1,2]},"z":"ü"}', '{"model":"own","z":"ü"}'],
  ['{"big":12345678901234567890}', '{"model":"own","big":12345678901234567890}'],
];

test.each(cases)('%s', (body, expected) => {
  expect(
    writeModelField(Buffer.from(body), 'own')
      .toString()
      .replaceAll(/(:)\s+"own"/gu, '$1"own"'),
  ).toBe(expected);
  expect(JSON.parse(writeModelField(Buffer.from(body), 'own').toString())).toMatchObject({ model: 'own' });
});

const readings: readonly [string, unknown][] = [
  ['{"model":"x"}', { kind: 'named', name: 'x' }],
  ['{"model":""}', { kind: 'missing' }],
  ['{"model":null}', { kind: 'missing' }],
  ['{}', { kind: 'missing' }],
  ['{"model":5}', { kind: 'opaque' }],
  ['[]', { kind: 'opaque' }],
  ['{"model"', { kind: 'opaque' }],
];

test.each(readings)('reads %s', (body, expected) => {
  expect(readModelField(Buffer.from(body))).toEqual(expected);
});
