import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export const release = '1.34.3';
const { GOPATH = join(homedir(), 'go'), GOMODCACHE = join(GOPATH, 'pkg/mod') } = process.env;
const modules = join(GOMODCACHE, 'k8s.io');

/** What is not there that this needs; building Kubernetes brings it into Go's module cache. */
export function missingSource() {
  const path = join(modules, `kubernetes@v${release}`);
  return existsSync(path) ? undefined : path;
}

/** A file of a module of this release; `kubernetes` itself counts from 1, its parts from 0. */
export function readSource(module, ...path) {
  const version = module === 'kubernetes' ? `v${release}` : `v${release.replace('1.', '0.')}`;
  return readFileSync(join(modules, `${module}@${version}`, ...path), 'utf8');
}

/** A generated table: one line for each entry, by name. */
export function tableText(table) {
  const lines = Object.keys(table)
    .sort()
    .map((name) => `  ${JSON.stringify(name)}: ${JSON.stringify(table[name])},`);
  return `{\n${lines.join('\n')}\n}`;
}
