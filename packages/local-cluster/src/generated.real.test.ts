import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const source = join(goModules(), 'k8s.io/kubernetes@v1.34.3/api/openapi-spec/v3');
const isThere = existsSync(source);
if (!isThere) process.stderr.write(`left out: whether src/generated is fresh: no ${source}\n`);

function goModules(): string {
  try {
    return execFileSync('go', ['env', 'GOMODCACHE'], { encoding: 'utf8' }).trim();
  } catch {
    return '(no Go)';
  }
}

test.skipIf(!isThere)('src/generated is what the Kubernetes sources say', () => {
  const script = fileURLToPath(new URL('../scripts/generate.mjs', import.meta.url));
  const check = (): string => execFileSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
  expect(check).not.toThrow();
});
