import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export const release = '1.34.3';
const { GOPATH = join(homedir(), 'go'), GOMODCACHE = join(GOPATH, 'pkg/mod') } = process.env;
const modules = join(GOMODCACHE, 'k8s.io');

const versions = {
  kubernetes: `v${release}`,
  // Kubernetes itself counts from 1, its parts from 0.
  api: `v${release.replace('1.', '0.')}`,
  apimachinery: `v${release.replace('1.', '0.')}`,
};

/** Brings what is not in Go's module cache yet, where building Kubernetes leaves it, too; says what could not be brought. */
export function missingSource() {
  for (const [module, version] of Object.entries(versions)) {
    if (existsSync(folderOf(module))) continue;
    const { error, status, stderr } = spawnSync('go', ['mod', 'download', `k8s.io/${module}@${version}`], {
      encoding: 'utf8',
    });
    if (status !== 0) return `${folderOf(module)}: ${error?.message ?? stderr}`;
  }
  return undefined;
}

function folderOf(module) {
  return join(modules, `${module}@${versions[module]}`);
}

/** A file of a module of this release. */
export function readSource(module, ...path) {
  return readFileSync(join(folderOf(module), ...path), 'utf8');
}

/** A generated table: one line for each entry, by name. */
export function tableText(table) {
  const lines = Object.keys(table)
    .sort()
    .map((name) => `  ${JSON.stringify(name)}: ${JSON.stringify(table[name])},`);
  return `{\n${lines.join('\n')}\n}`;
}
