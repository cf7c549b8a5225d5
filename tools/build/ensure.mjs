// What every committed bin shim calls first: run on the Node that npm brought, and have a bundle as new as its sources.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import * as module from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** Makes `<room>/dist/main.mjs` exist and be fresh. `room` is the file URL of the package folder. */
export async function ensureBundle(room) {
  await runOnOwnNode();
  // Not there before Node 22, on which only the lines above run.
  module.enableCompileCache?.();
  const folder = fileURLToPath(room);
  if (isFresh(folder)) return;
  const { bundle } = await import('./bundle.mjs');
  await bundle([folder]);
}

/** A bin typed into a bare shell starts on the machine's Node; ours comes with `npm ci`. Returns only on ours. */
async function runOnOwnNode() {
  const own = join(repository, 'node_modules/.bin/node');
  if (Number(process.versions.node.split('.')[0]) >= 24 || !existsSync(own)) return;
  const child = spawn(own, process.argv.slice(1), { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  const [code, signal] = await new Promise((resolve) => child.on('exit', (...how) => resolve(how)));
  process.exit(code ?? (signal === 'SIGINT' ? 130 : 143));
}

export function isFresh(folder) {
  try {
    const built = statSync(join(folder, 'dist/main.mjs')).mtimeMs;
    const inputs = JSON.parse(readFileSync(join(folder, 'dist/main.inputs.json'), 'utf8'));
    const lock = join(repository, 'package-lock.json');
    return [lock, ...inputs.map((file) => join(folder, file))].every(
      (file) => statSync(file).mtimeMs <= built,
    );
  } catch {
    return false;
  }
}
