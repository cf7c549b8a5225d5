// Lint, types, format, unused code, stale generated files: everything about the repository that is not a test.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));

const checks = [
  { name: 'lockfile installs from a clean clone', command: ['npm', 'ci', '--dry-run', '--loglevel=error'] },
  { name: 'generated CRDs are fresh', command: ['node', 'tools/crds/generate.mjs', '--check'] },
  { name: 'generated catalogue is fresh', command: ['node', 'tools/presets/generate.mjs', '--check'] },
  { name: 'generated docs are fresh', command: ['node', 'tools/docs/generate.mjs', '--check'] },
  { name: 'types', command: ['nx', 'run-many', '-t', 'build', '--outputStyle=stream-without-prefixes'] },
  { name: 'lint', command: ['oxlint', '--max-warnings=0'] },
  { name: 'format', command: ['oxfmt', '--check'] },
  { name: 'unused files, exports and dependencies', command: ['knip', '--no-config-hints'] },
];

const failed = [];
for (const { name, command } of checks) {
  if (command[0] === 'node' && !existsSync(new URL(`../../${command[1]}`, import.meta.url))) {
    failed.push(`${name} (${command[1]} is missing)`);
    continue;
  }
  const started = Date.now();
  const { status, stdout, stderr } = spawnSync(command[0], command.slice(1), {
    cwd: repository,
    encoding: 'utf8',
  });
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  if (status === 0) continue;
  console.log(`${stdout ?? ''}${stderr ?? ''}`);
  failed.push(name);
}
if (failed.length > 0) {
  console.error(`failed: ${failed.join('; ')}`);
  process.exit(1);
}
