import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  compareFusedPeft,
  compareGguf,
  compareMerged,
  namesBeyondTolerance,
  vectorCases,
} from './testing/expectations.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';
import { readAll, relativeError } from './testing/vectors.ts';

const run = promisify(execFile);
const environment = process.env['KAITO_TEST_VLLM_VENV'];
const scripts = fileURLToPath(new URL('../vectors', import.meta.url));
const output = temporaryDirectory();
/** Another one than that of the committed vectors. */
const seed = '1';

if (environment === undefined)
  console.warn('skipped: KAITO_TEST_VLLM_VENV names no Python environment with torch, transformers and peft');

async function python(...arguments_: readonly string[]): Promise<string> {
  const program = join(environment as string, 'bin/python');
  const env = { ...process.env, HF_HUB_OFFLINE: '1' };
  return (await run(program, arguments_, { env, maxBuffer: 1 << 26 })).stdout;
}

async function logits(...directories: readonly string[]): Promise<readonly number[]> {
  const lines = (await python(join(scripts, 'logits.py'), ...directories)).trim().split('\n');
  return JSON.parse(lines.at(-1) as string) as number[];
}

/** One fp32 forward pass sums in another order than another; the parameters themselves are compared at 1e-6. */
const logitsTolerance = 1e-5;

describe.skipIf(environment === undefined)('against PEFT', () => {
  const vectors = join(output, 'vectors');
  beforeAll(async () => {
    await python(join(scripts, 'make.py'), vectors, seed);
  }, 300_000);

  it.each(vectorCases)(
    '$expected: fused folder',
    async (vectorCase) => {
      const folder = join(vectors, `fused-${vectorCase.expected}`);
      expect(namesBeyondTolerance(await compareFusedPeft(vectors, vectorCase, folder))).toEqual([]);
      const expected =
        (await readAll(join(vectors, `${vectorCase.expected}.safetensors`))).get('logits') ?? [];
      expect(relativeError(await logits(join(vectors, vectorCase.base), folder), expected)).toBeLessThan(
        logitsTolerance,
      );
    },
    120_000,
  );

  it.each(vectorCases)(
    '$expected: merged weights',
    async (vectorCase) => {
      const folder = join(vectors, `merged-${vectorCase.expected}`);
      expect(namesBeyondTolerance(await compareMerged(vectors, vectorCase, folder))).toEqual([]);
      const expected =
        (await readAll(join(vectors, `${vectorCase.expected}.safetensors`))).get('logits') ?? [];
      expect(relativeError(await logits(folder), expected)).toBeLessThan(logitsTolerance);
    },
    120_000,
  );

  it('GGUF adapter', async () => {
    expect(namesBeyondTolerance(await compareGguf(vectors, join(vectors, 'fused.gguf')))).toEqual([]);
  });
});
