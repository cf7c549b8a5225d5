import { fileURLToPath } from 'node:url';
import { createProgram } from './operator/command-line.ts';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
try {
  await createProgram({
    stdout: (text) => process.stdout.write(`${text}\n`),
    stderr: (text) => process.stderr.write(`${text}\n`),
    env: process.env,
    // As far from src/main.ts as from dist/main.mjs.
    operatorProgram: fileURLToPath(new URL('../../../apps/operator/bin/kaito-operator.mjs', import.meta.url)),
    signal: stop.signal,
  }).parseAsync();
} catch (error) {
  process.stderr.write(`bench operator: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
