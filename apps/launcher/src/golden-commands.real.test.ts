import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { goldenCommands } from './testing/golden-commands.ts';
import { because, vllmVenv } from './testing/real-runtimes.ts';

const script = fileURLToPath(new URL('../fixtures/parse_vllm_argv.py', import.meta.url));

test.skipIf(vllmVenv === undefined)(
  `every golden command line of vllm is one to vllm's own parser${because(vllmVenv, 'KAITO_TEST_VLLM_VENV')}`,
  { timeout: 300_000 },
  () => {
    const commands = goldenCommands().filter(
      ({ argv }) => argv[0] === 'serve' && argv.some((word) => word.startsWith('--uds')),
    );
    const output = execFileSync(join(vllmVenv ?? '', 'bin/python'), [script], {
      input: JSON.stringify(commands.map(({ argv }) => argv)),
      encoding: 'utf8',
      env: { ...process.env, HF_HUB_OFFLINE: '1', VLLM_NO_USAGE_STATS: '1', VLLM_LOGGING_LEVEL: 'ERROR' },
      maxBuffer: 64 * 1024 * 1024,
    });
    const understood = JSON.parse(output.slice(output.indexOf('[{'))) as Readonly<Record<string, string>>[];
    expect(understood).toHaveLength(commands.length);
    for (const [index, { name }] of commands.entries()) {
      expect([name, understood[index]?.['model_tag']]).toEqual([name, "'/workspace/weights/model'"]);
    }
    const kinds = understood[commands.findIndex(({ name }) => name === 'vllm: every kind of value')];
    expect(kinds).toMatchObject({
      max_model_len: '32768',
      enable_prefix_caching: 'False',
      enable_chunked_prefill: 'False',
      enforce_eager: 'True',
      seed: '-1',
      allowed_origins: "['https://a.example']",
    });
    const adapters = understood[commands.findIndex(({ name }) => name === 'vllm: adapters')];
    expect(adapters?.['lora_modules']).toContain("name='pirate', path='/kaito-work/adapters/alone-pirate'");
  },
);
