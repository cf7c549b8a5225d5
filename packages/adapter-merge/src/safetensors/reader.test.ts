import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isSafetensorsError } from '../errors.ts';
import { temporaryDirectory } from '../testing/temporary-directory.ts';
import { committedVectors, demoModel } from '../testing/vectors.ts';
import { openSafetensors, readSafetensors, readTensor } from './reader.ts';
import { writeSafetensors } from './writer.ts';

const output = temporaryDirectory();
const path = join(output, 'file.safetensors');

function file(header: string, data = 0): Uint8Array {
  const json = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.byteLength));
  return Buffer.concat([length, json, Buffer.alloc(data)]);
}

async function openBytes(bytes: Uint8Array): Promise<unknown> {
  await writeFile(path, bytes);
  return openSafetensors(path);
}

const entry = (shape: string, begin: number, end: number): string =>
  `{"dtype":"F32","shape":${shape},"data_offsets":[${begin},${end}]}`;

describe('openSafetensors accepts', () => {
  it.each([
    ['no tensors', '{}', 0],
    [
      'padding and metadata',
      '{"__metadata__":{"a":"b"},"t":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}   ',
      3,
    ],
    ['a scalar and an empty tensor', `{"s":${entry('[]', 0, 4)},"e":${entry('[0,5]', 4, 4)}}`, 4],
    ['packed four-bit numbers', '{"t":{"dtype":"F4","shape":[2,3],"data_offsets":[0,3]}}', 3],
  ])('%s', async (_name, header, data) => {
    await expect(openBytes(file(header, data))).resolves.toMatchObject({ path });
  });
});

describe('openSafetensors refuses', () => {
  it.each([
    ['an empty file', new Uint8Array(), 'FileTruncated'],
    ['half a length', new Uint8Array(7), 'FileTruncated'],
    ['a header longer than the file', Buffer.from([100, 0, 0, 0, 0, 0, 0, 0, 0x7b]), 'FileTruncated'],
    ['a header beyond the limit', Buffer.from([1, 0xe1, 0xf5, 0x05, 0, 0, 0, 0]), 'HeaderTooLarge'],
    ['a length of 2^64 - 1', Buffer.alloc(8, 0xff), 'HeaderTooLarge'],
    ['a header that is no object', file('[]'), 'HeaderInvalid'],
    ['a header that is no JSON', file('{"a":'), 'HeaderInvalid'],
    [
      'a header that is no UTF-8',
      file('{}').map((byte, index) => (index === 9 ? 0xff : byte)),
      'HeaderInvalid',
    ],
    ['a byte order mark', file('\uFEFF{}'), 'HeaderInvalid'],
    ['a name twice', file(`{"a":${entry('[1]', 0, 4)},"a":${entry('[1]', 0, 4)}}`, 4), 'DuplicateName'],
    [
      'an escaped name twice',
      file(`{"a":${entry('[1]', 0, 4)},"\\u0061":${entry('[1]', 0, 4)}}`, 4),
      'DuplicateName',
    ],
    [
      'a field twice',
      file('{"a":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}}', 1),
      'DuplicateName',
    ],
    [
      'an unknown dtype',
      file('{"a":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}}', 4),
      'DataTypeUnknown',
    ],
    [
      'a dtype from the prototype',
      file('{"a":{"dtype":"toString","shape":[1],"data_offsets":[0,4]}}', 4),
      'DataTypeUnknown',
    ],
    ['a negative size', file(`{"a":${entry('[-1]', 0, 4)}}`, 4), 'HeaderInvalid'],
    ['a fractional size', file(`{"a":${entry('[1.5]', 0, 6)}}`, 6), 'HeaderInvalid'],
    [
      'sizes whose product overflows',
      file(`{"a":${entry('[4294967296,4294967296]', 0, 4)}}`, 4),
      'SizeMismatch',
    ],
    ['offsets that contradict the shape', file(`{"a":${entry('[2]', 0, 4)}}`, 4), 'SizeMismatch'],
    ['offsets that go back', file(`{"a":${entry('[1]', 4, 0)}}`, 4), 'SizeMismatch'],
    ['half a byte', file('{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}', 2), 'SizeMismatch'],
    ['a hole', file(`{"a":${entry('[1]', 0, 4)},"b":${entry('[1]', 8, 12)}}`, 12), 'HoleOrOverlap'],
    ['a hole at the start', file(`{"a":${entry('[1]', 4, 8)}}`, 8), 'HoleOrOverlap'],
    ['an overlap', file(`{"a":${entry('[2]', 0, 8)},"b":${entry('[1]', 4, 8)}}`, 8), 'HoleOrOverlap'],
    ['a tensor past the end', file(`{"a":${entry('[2]', 0, 8)}}`, 7), 'FileTruncated'],
    ['bytes after the last tensor', file(`{"a":${entry('[1]', 0, 4)}}`, 5), 'FileTooLong'],
    ['metadata that is no text', file('{"__metadata__":{"a":1}}'), 'HeaderInvalid'],
    ['an entry that is no object', file('{"a":null}'), 'HeaderInvalid'],
  ])('%s', async (_name, bytes, code) => {
    await expect(openBytes(bytes)).rejects.toMatchObject({ name: 'SafetensorsError', code, file: path });
  });

  it('a file that is not there, and a folder', async () => {
    await expect(openSafetensors(join(output, 'absent'))).rejects.toMatchObject({ code: 'FileUnreadable' });
    await expect(openSafetensors(output)).rejects.toMatchObject({ code: 'FileUnreadable' });
  });

  it('every truncation of a real file', async () => {
    const whole = await readFile(join(committedVectors, 'conv/adapter_model.safetensors'));
    for (let length = 0; length < whole.byteLength; length += 1) {
      await writeFile(path, whole.subarray(0, length));
      await expect(openSafetensors(path), `${length} bytes`).rejects.toSatisfy(isSafetensorsError);
    }
  });

  it('or reads every file with random bytes in its header, never failing in another way', async () => {
    const whole = await readFile(join(committedVectors, 'conv/adapter_model.safetensors'));
    const random = randomNumbers(20_261_121);
    for (let round = 0; round < 500; round += 1) {
      const bytes = Uint8Array.from(whole);
      for (let change = 0; change <= round % 4; change += 1) bytes[random() % 700] = random() % 256;
      await writeFile(path, bytes);
      const error: unknown = await readSafetensors(path).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error === undefined || isSafetensorsError(error), `round ${round}: ${String(error)}`).toBe(true);
    }
  });
});

/** The same numbers in every run. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 8;
  };
}

describe('readTensor', () => {
  it('notices that a file became shorter', async () => {
    const bytes = file(`{"a":${entry('[4]', 0, 16)}}`, 16);
    await writeFile(path, bytes);
    const opened = await openSafetensors(path);
    await writeFile(path, bytes.subarray(0, -4));
    await expect(readTensor(opened, 'a')).rejects.toMatchObject({ code: 'FileTruncated', tensor: 'a' });
    await expect(readTensor(opened, 'b')).rejects.toMatchObject({ code: 'TensorMissing', tensor: 'b' });
  });
});

describe('writeSafetensors', () => {
  it.each([
    join(demoModel, 'own-pirate/adapter_model.safetensors'),
    join(committedVectors, 'embedded/adapter_model.safetensors'),
    join(committedVectors, 'expected-llama.safetensors'),
  ])('writes the bytes that the reference library wrote: %s', async (original) => {
    const read = await readSafetensors(original);
    const tensors = [...read.tensors.values()].map(({ name, dtype, shape }) => ({
      name,
      dtype,
      shape,
      data: read.data.get(name) as Uint8Array,
    }));
    await writeSafetensors(path, tensors.toReversed(), Object.fromEntries(read.metadata));
    expect((await readFile(path)).equals(await readFile(original))).toBe(true);
  });

  it('leaves the old file when writing fails', async () => {
    await writeFile(path, 'old');
    const tensor = { name: 'a', dtype: 'F32', shape: [2], data: new Uint8Array(4) } as const;
    await expect(writeSafetensors(path, [tensor])).rejects.toThrow('tensor a');
    expect(await readFile(path, 'utf8')).toBe('old');
  });
});
