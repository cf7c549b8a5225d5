// Runs one tier of tests and closes with a count. Usage: test.mjs fast|real [vitest arguments]
import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { provide, startControlPlane } from './prerequisites.mjs';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const [tier = 'fast', ...rest] = process.argv.slice(2);
/** Real clusters and runtimes are heavy and measured. */
const oneFileAtATime = ['--no-file-parallelism'];
const results = join(repository, 'node_modules/.cache/kaito', `${tier}.json`);
/** The end-to-end suite on one engine. */
const clusters = {
  local: 'src/local.test.ts',
  'control-plane': 'src/control-plane.real.test.ts',
  node: 'src/node.real.test.ts',
};
const given = readArguments(rest);
const real = tier === 'real' && given.cluster !== 'local';

mkdirSync(join(results, '..'), { recursive: true });
rmSync(results, { force: true });
const installed = real && given.cluster !== 'node' ? provide(repository) : {};
const controlPlane = real && given.cluster === undefined ? startControlPlane(repository) : undefined;
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`];
const run = spawnSync('vitest', ['run', ...(real ? oneFileAtATime : []), ...reporters, ...given.arguments], {
  cwd: repository,
  stdio: 'inherit',
  env: {
    ...process.env,
    ...installed,
    ...controlPlane?.environment,
    ...(real ? { KAITO_TEST_TIER: 'real' } : {}),
  },
});
controlPlane?.stop();

if (!real) printLeftOut();
const count = countResults(results, run.status ?? 1);
if (count.skipped > 0 && rest.length === 0) {
  console.error(
    `${count.skipped} tests were skipped; whatever they need must be installed by tools/repository/prerequisites.mjs`,
  );
  count.failed += count.skipped;
}
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exit(count.failed > 0 || run.status !== 0 ? 1 : 0);

/** `--cluster local|control-plane|node` runs the end-to-end suite on one engine; the rest goes to vitest. */
function readArguments(words) {
  const at = words.indexOf('--cluster');
  if (at === -1) return { arguments: words };
  const cluster = words[at + 1];
  if (!(cluster in clusters)) {
    console.error(`--cluster "${cluster}": give ${Object.keys(clusters).join(', ')}`);
    process.exit(2);
  }
  const others = [...words.slice(0, at), ...words.slice(at + 2)];
  return { cluster, arguments: [...others, '--project', '@kaito-ts/end-to-end', clusters[cluster]] };
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
    const { numPassedTests, numFailedTests, numFailedTestSuites, numPendingTests } = JSON.parse(
      readFileSync(file, 'utf8'),
    );
    // A file that fails to load counts no failed test, only a failed suite.
    const failed =
      numFailedTests > 0 ? numFailedTests : Math.min(numFailedTestSuites, 1) || (status === 0 ? 0 : 1);
    return { passed: numPassedTests, failed, skipped: numPendingTests };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
