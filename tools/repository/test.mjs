// Runs one tier of tests and closes with a count. Usage: test.mjs fast|real [vitest arguments]
import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { provide } from './prerequisites.mjs';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const [tier = 'fast', ...rest] = process.argv.slice(2);
const results = join(repository, 'node_modules/.cache/kaito', `${tier}.json`);
const { arguments: vitestArguments, environment } = readArguments(rest);

mkdirSync(join(results, '..'), { recursive: true });
rmSync(results, { force: true });
const run = spawnSync(
  'vitest',
  [
    'run',
    ...tierArguments(tier),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${results}`,
    ...vitestArguments,
  ],
  { cwd: repository, stdio: 'inherit', env: { ...process.env, ...environment, ...tierEnvironment(tier) } },
);

if (tier === 'fast') printLeftOut();
const count = countResults(results, run.status ?? 1);
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exit(count.failed > 0 || run.status !== 0 ? 1 : 0);

/** Real clusters and runtimes are heavy and measured: one file at a time. */
function tierArguments(name) {
  return name === 'real' ? ['--no-file-parallelism'] : [];
}

function tierEnvironment(name) {
  return name === 'real' ? { KAITO_TEST_TIER: 'real', ...provide(repository) } : {};
}

/** `--cluster local|control-plane` chooses the engine of the end-to-end suite; the rest goes to vitest. */
function readArguments(given) {
  const at = given.indexOf('--cluster');
  if (at === -1) return { arguments: given, environment: {} };
  const chosen = given[at + 1];
  if (!['local', 'control-plane'].includes(chosen)) {
    console.error(`--cluster "${chosen}": give local or control-plane`);
    process.exit(2);
  }
  return {
    arguments: [...given.slice(0, at), ...given.slice(at + 2), '--project', '@kaito-ts/end-to-end'],
    environment: { KAITO_TEST_CLUSTER: chosen },
  };
}

function printLeftOut() {
  const files = globSync('{packages,apps,tools}/*/src/**/*.real.test.ts', { cwd: repository });
  if (files.length === 0) return;
  console.log(
    `\nleft out here (${files.length} files need a real Kubernetes or a real runtime; npm run test:e2e installs both and runs them):`,
  );
  for (const file of files.sort()) console.log(`  ${file}`);
}

function countResults(file, status) {
  try {
    const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(readFileSync(file, 'utf8'));
    // A file that fails to load counts no failed test, only a failed suite.
    const failed =
      numFailedTests > 0 ? numFailedTests : Math.min(numFailedTestSuites, 1) || (status === 0 ? 0 : 1);
    return { passed: numPassedTests, failed };
  } catch {
    return { passed: 0, failed: 1 };
  }
}
