import { expect, test } from 'vitest';
import { readModelField, writeModelField } from './model-field.ts';

function written(body: Buffer): Buffer {
  const field = readModelField(body);
  if (field.kind === 'opaque') throw new Error(`nothing to write in ${body.toString().slice(0, 100)}`);
  return writeModelField(body, field, 'own');
}

const wide = ' '.repeat(100);

const cases: readonly [string, string][] = [
  ['{}', '{"model":"own"}'],
  [' { } ', ' {"model":"own" } '],
  [`{${wide}}`, `{"model":"own"${wide}}`],
  ['{"a":1}', '{"model":"own","a":1}'],
  ['{"model":""}', '{"model":"own"}'],
  ['{"a":[{"model":""}],"model":null,"b":"}"}', '{"a":[{"model":""}],"model":"own","b":"}"}'],
  ['{"a":"\\"model\\":","model":"x"}', '{"a":"\\"model\\":","model":"own"}'],
  ['{"a":"\\\\","model":"x"}', '{"a":"\\\\","model":"own"}'],
  ['{"mod\\u0065l":"x","z":1}', '{"mod\\u0065l":"own","z":1}'],
  ['{"model":"a","model":"b"}', '{"model":"a","model":"own"}'],
  ['{"model":"ü","z":"ü"}', '{"model":"own","z":"ü"}'],
  ['{"big":12345678901234567890}', '{"model":"own","big":12345678901234567890}'],
];

test.each(cases)('%s', (body, expected) => {
  const text = written(Buffer.from(body)).toString();
  expect(text).toBe(expected);
  expect(JSON.parse(text)).toMatchObject({ model: 'own' });
});

const readings: readonly [string, unknown][] = [
  ['{"model":"x"}', { kind: 'named', name: 'x' }],
  ['{"model":"\\u0078"}', { kind: 'named', name: 'x' }],
  ['{"model":""}', { kind: 'missing' }],
  ['{"model":null}', { kind: 'missing' }],
  ['{}', { kind: 'missing' }],
  ['{"model":5}', { kind: 'opaque' }],
  ['{"model":{"deep":[1,2]}}', { kind: 'opaque' }],
  ['{"model":nil}', { kind: 'opaque' }],
  ['[]', { kind: 'opaque' }],
  ['"model"', { kind: 'opaque' }],
  ['', { kind: 'opaque' }],
  ['{"model"', { kind: 'opaque' }],
  ['{"model":"x', { kind: 'opaque' }],
  ['{"model":"x"', { kind: 'opaque' }],
  ['{"\\x":1}', { kind: 'opaque' }],
];

test.each(readings)('reads %s', (body, expected) => {
  expect(readModelField(Buffer.from(body))).toMatchObject(expected as object);
});

test('a picture of many megabytes is not parsed', () => {
  const picture = Buffer.alloc(32 * 1024 * 1024, 'A');
  const body = Buffer.concat([Buffer.from('{"image":"'), picture, Buffer.from('","model":"x"}')]);
  const before = process.memoryUsage().heapUsed;
  expect(readModelField(body)).toMatchObject({ kind: 'named', name: 'x' });
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(8 * 1024 * 1024);
});
