// The first script of a fresh clone: runs on any Node >= 20, installs what is missing, then does the job on the Node that npm brought.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const stamp = join(repository, 'node_modules/.kaito-installed');

const jobs = {
  demo: [
    ['node', 'tools/build/all.mjs'],
    ['node', 'tools/demo/dist/main.mjs'],
  ],
  build: [
    ['nx', 'run-many', '-t', 'build'],
    ['node', 'tools/build/all.mjs'],
  ],
  test: [
    ['node', 'tools/build/all.mjs'],
    ['node', 'tools/repository/test.mjs', 'fast'],
  ],
  'test:e2e': [
    ['node', 'tools/build/all.mjs'],
    ['node', 'tools/repository/test.mjs', 'real'],
  ],
  check: [['node', 'tools/repository/check.mjs']],
};

const [name = '', ...rest] = process.argv.slice(2);
const steps = jobs[name];
if (!steps) fail(`unknown job "${name}"; known: ${Object.keys(jobs).join(', ')}`);
if (Number(process.versions.node.split('.')[0]) < 20)
  fail(`Node ${process.versions.node} is too old; any Node >= 20 will do`);

const startedAt = Date.now();
let environment = process.env;
const installSeconds = await install();
environment = {
  ...process.env,
  PATH: [join(repository, 'node_modules/.bin'), process.env.PATH].join(delimiter),
  KAITO_INSTALL_SECONDS: installSeconds.toFixed(1),
  KAITO_STARTED_AT: String(startedAt),
};
for (const [index, step] of steps.entries()) {
  const last = index === steps.length - 1;
  const code = await run(step[0], [...step.slice(1), ...(last ? rest : [])], last ? 'inherit' : 2);
  if (code !== 0) process.exit(code);
}

/** Installs by the lockfile unless this very lockfile is installed already; returns the seconds it took. */
async function install() {
  const lock = createHash('sha256')
    .update(readFileSync(join(repository, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return 0;
  const started = Date.now();
  process.stderr.write('installing packages by package-lock.json (npm ci) …\n');
  const code = await run('npm', ['ci', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], 2);
  if (code !== 0)
    fail(
      `npm ci exited with ${code}; its messages are above. Next: check the network or npm's registry setting, then run this again`,
    );
  writeFileSync(stamp, lock);
  return (Date.now() - started) / 1000;
}

/** Signals of the terminal reach the whole foreground group, so the child decides when to end; one sent to us alone is passed on. */
function run(command, args, stdout) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: repository,
      stdio: ['inherit', stdout, 'inherit'],
      env: environment,
    });
    const forward = (signal) => child.kill(signal);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, forward);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      for (const each of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(each, forward);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 143));
    });
  });
}

function fail(message) {
  process.stderr.write(`kaito-ts: ${message}\n`);
  process.exit(2);
}
