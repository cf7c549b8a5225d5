import { expect, test } from 'vitest';
import { ApiError } from '../status.ts';
import { decodeObject } from './protobuf.ts';

const definition = 'io.k8s.api.core.v1.ConfigMap';
/** A ConfigMap `c` with one label, one text and one piece of bytes. */
const whole = Buffer.from(
  '6b3873000a0f0a02763112 09436f6e6669674d6170 12 29 0a0d 0a0163 1a00 5a06 0a0161 1201 62 120c 0a036b6579 120576616c7565 1a08 0a03726177 120100 2001 1a00 2200'.replaceAll(
    ' ',
    '',
  ),
  'hex',
);

/** What comes of a body: an object, or the code of the refusal. */
function outcome(body: Buffer): unknown {
  try {
    return decodeObject(body, definition);
  } catch (error) {
    if (error instanceof ApiError) return error.code;
    throw error;
  }
}

test('a whole body', () => {
  expect(outcome(whole)).toEqual({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'c', labels: { a: 'b' } },
    data: { key: 'value' },
    binaryData: { raw: 'AA==' },
    immutable: true,
  });
});

test('cut off anywhere or with any byte changed, it is an object or a BadRequest, never a fault', () => {
  for (let at = 0; at < whole.length; at++) {
    expect([400, expect.any(Object)]).toContainEqual(outcome(whole.subarray(0, at)));
    for (const byte of [0, 1, 7, 0x7f, 0x80, 0xff]) {
      const changed = Buffer.from(whole);
      changed[at] = byte;
      expect([400, expect.any(Object)]).toContainEqual(outcome(changed));
    }
  }
});

test('what only looks like a definition is not decoded by it', () => {
  expect(outcome(Buffer.from('k8s\0'))).toEqual({});
  expect(outcome(Buffer.alloc(0))).toBe(400);
});
