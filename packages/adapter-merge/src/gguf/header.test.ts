import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isAdapterError } from '../errors.ts';
import { temporaryDirectory } from '../testing/temporary-directory.ts';
import { demoModel } from '../testing/vectors.ts';
import { readGgufHeader } from './header.ts';

const path = join(temporaryDirectory(), 'file.gguf');

describe('readGgufHeader', () => {
  it('reads a base', async () => {
    const { metadata, tensors } = await readGgufHeader(join(demoModel, 'own-base.gguf'));
    expect(metadata.get('general.architecture')).toBe('qwen2');
    expect(metadata.get('qwen2.attention.head_count_kv')).toBe(2);
    expect(tensors.get('blk.0.attn_k.weight')).toMatchObject({ shape: [64, 128], type: 1 });
  });

  it.each([
    ['no GGUF', Buffer.from('{"a": 1}........................')],
    ['an old version', Buffer.from([0x47, 0x47, 0x55, 0x46, 1, 0, 0, 0])],
    [
      'counts beyond any file',
      Buffer.concat([Buffer.from([0x47, 0x47, 0x55, 0x46, 3, 0, 0, 0]), Buffer.alloc(16, 0xff)]),
    ],
    ['nothing', Buffer.alloc(0)],
  ])('refuses %s', async (_name, bytes) => {
    await writeFile(path, bytes);
    await expect(readGgufHeader(path)).rejects.toMatchObject({ code: 'BaseInvalid', file: path });
  });

  it('refuses every truncation of a header', async () => {
    const whole = await readFile(join(demoModel, 'own-pirate.gguf'));
    for (let length = 0; length < 2000; length += 7) {
      await writeFile(path, whole.subarray(0, length));
      await expect(readGgufHeader(path), `${length} bytes`).rejects.toSatisfy(isAdapterError);
    }
  });
});
