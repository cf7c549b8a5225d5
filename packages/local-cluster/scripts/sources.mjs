import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const release = '1.34.3';
const modules = execFileSync('go', ['env', 'GOMODCACHE'], { encoding: 'utf8' }).trim();

/** A file of a module of this release; `kubernetes` itself counts from 1, its parts from 0. */
export function readSource(module, ...path) {
  const version = module === 'kubernetes' ? `v${release}` : `v${release.replace('1.', '0.')}`;
  return readFileSync(join(modules, 'k8s.io', `${module}@${version}`, ...path), 'utf8');
}

/** A generated table: one line for each entry, by name. */
export function tableText(table) {
  const lines = Object.keys(table)
    .sort()
    .map((name) => `  ${JSON.stringify(name)}: ${JSON.stringify(table[name])},`);
  return `{\n${lines.join('\n')}\n}`;
}
