import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Runs a script of this folder on the sources, with the repository's own node: an older one cannot read TypeScript. */
export function runSource(script, words) {
  const node = fileURLToPath(new URL('../../../node_modules/.bin/node', import.meta.url));
  const path = fileURLToPath(new URL(script, import.meta.url));
  const run = spawnSync(node, ['--conditions=@kaito-ts/source', path, ...words], { stdio: 'inherit' });
  if (run.error !== undefined) console.error(`${run.error.message}; npm ci installs it`);
  return run.status ?? 1;
}
