import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { embeddedRuntimes } from './runtimes.ts';

const environment = process.env;
const venv = environment['KAITO_TEST_VLLM_VENV'];
const llamaServer = environment['KAITO_TEST_LLAMA_SERVER'];

interface Installed {
  readonly engine: string;
  /** Undefined when the program is not there; `reason` then says what to set. */
  readonly command: readonly string[] | undefined;
  readonly reason: string;
}

const needsVenv = 'set KAITO_TEST_VLLM_VENV to the folder of the virtual environment';
const installed: readonly Installed[] = [
  { engine: 'vllm', command: python('dump-vllm.py'), reason: needsVenv },
  { engine: 'transformers', command: python('dump-transformers.py'), reason: needsVenv },
  {
    engine: 'llamacpp',
    command: llamaServer === undefined ? undefined : ['python3', tool('dump-llama-server.py'), llamaServer],
    reason: 'set KAITO_TEST_LLAMA_SERVER to the program',
  },
];

function tool(name: string): string {
  return fileURLToPath(new URL(`../../../tools/presets/${name}`, import.meta.url));
}

function python(script: string): readonly string[] | undefined {
  const program = `${venv}/bin/python`;
  return venv !== undefined && existsSync(program) ? [program, tool(script)] : undefined;
}

function committed(engine: string): { readonly version: string; readonly text: string } {
  const version = embeddedRuntimes().find(engine)?.version ?? '';
  const file = fileURLToPath(new URL(`../../../presets/runtimes/${engine}/${version}.yaml`, import.meta.url));
  return { version, text: readFileSync(file, 'utf8') };
}

function dump([program = '', ...words]: readonly string[]): string {
  const env = { ...environment, HF_HUB_OFFLINE: '1', VLLM_NO_USAGE_STATS: '1' };
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8', env, maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr.slice(-2000)}`);
  return stdout;
}

describe.each(installed)('$engine', ({ engine, command, reason }) => {
  test('takes the flags that presets/runtimes says', { timeout: 300_000 }, (context) => {
    context.skip(command === undefined, reason);
    const dumped = dump(command ?? []);
    const { version, text } = committed(engine);
    const found = /^version: "?([^"\n]+)"?$/m.exec(dumped)?.[1];
    context.skip(found !== version, `installed is ${found}, the catalogue's default is ${version}`);
    expect(dumped).toBe(text);
  });
});
