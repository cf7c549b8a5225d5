import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { versions, type BinaryName } from './versions.ts';

/** Thrown when a binary can be neither found nor built. */
export class BinaryUnavailableError extends Error {
  override readonly name = 'BinaryUnavailableError';
  readonly code = 'BINARY_UNAVAILABLE';
}

/** How a binary comes from the module proxy: a module of ours that requires it, and the package to build. */
interface Recipe {
  readonly package: string;
  readonly module: string;
  readonly version: string;
  readonly replace?: readonly string[];
  readonly ldflags?: string;
}

const minor = versions.kubernetes.split('.').slice(1).join('.');
const componentVersion = 'k8s.io/component-base/version';

/** k8s.io/kubernetes takes these from folders beside it, which a module's user does not have. */
const staging =
  'api apiextensions-apiserver apimachinery apiserver cli-runtime client-go cloud-provider cluster-bootstrap ' +
  'code-generator component-base component-helpers controller-manager cri-api cri-client csi-translation-lib ' +
  'dynamic-resource-allocation endpointslice externaljwt kms kube-aggregator kube-controller-manager kube-proxy ' +
  'kube-scheduler kubectl kubelet metrics mount-utils pod-security-admission sample-apiserver sample-cli-plugin ' +
  'sample-controller';

const recipes: Partial<Record<BinaryName, Recipe>> = {
  etcd: { package: 'go.etcd.io/etcd/server/v3', module: 'go.etcd.io/etcd/server/v3', version: versions.etcd },
  kwok: {
    package: 'sigs.k8s.io/kwok/cmd/kwok',
    module: 'sigs.k8s.io/kwok',
    version: versions.kwok,
    ldflags: `-X sigs.k8s.io/kwok/pkg/consts.Version=${versions.kwok}`,
  },
  helm: { package: 'helm.sh/helm/v3/cmd/helm', module: 'helm.sh/helm/v3', version: versions.helm },
};

function kubernetesRecipe(name: BinaryName): Recipe {
  return {
    package: `k8s.io/kubernetes/cmd/${name}`,
    module: 'k8s.io/kubernetes',
    version: `v${versions.kubernetes}`,
    replace: staging.split(' ').map((module) => `k8s.io/${module} => k8s.io/${module} v0.${minor}`),
    ldflags:
      `-X ${componentVersion}.gitVersion=v${versions.kubernetes} -X ${componentVersion}.gitMajor=1 ` +
      `-X ${componentVersion}.gitMinor=${minor.split('.')[0]} ` +
      `-X k8s.io/client-go/pkg/version.gitVersion=v${versions.kubernetes}`,
  };
}

/** Builds one binary into `target`, whole or not at all. Takes minutes on a cold cache. */
export async function buildFromModules(
  name: BinaryName,
  target: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const recipe = recipes[name] ?? kubernetesRecipe(name);
  const folder = await mkdtemp(join(tmpdir(), `kaito-build-${name}-`));
  try {
    await writeFile(join(folder, 'go.mod'), goMod(recipe));
    await writeFile(
      join(folder, 'tools.go'),
      `//go:build tools\n\npackage tools\n\nimport _ "${recipe.package}"\n`,
    );
    const output = join(folder, 'binary');
    const flags = ['-trimpath', '-ldflags', `-s -w ${recipe.ldflags ?? ''}`.trim()];
    await go(['build', '-mod=mod', ...flags, '-o', output, recipe.package], folder, env);
    await mkdir(dirname(target), { recursive: true });
    // The temporary folder may lie on another file system, across which nothing can be renamed.
    const near = `${target}.${process.pid}.part`;
    await run('cp', [output, near], { cwd: folder, env });
    await rename(near, target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function goMod({ module, version, replace = [] }: Recipe): string {
  const lines = [
    'module example.invalid/binary',
    'go 1.26.0',
    'godebug default=go1.24',
    `require ${module} ${version}`,
  ];
  return [...lines, ...replace.map((line) => `replace ${line}`), ''].join('\n');
}

async function go(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
  try {
    await run('go', args, { cwd, env: { ...env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOFLAGS: '' } });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new BinaryUnavailableError(
      'Go 1.26 is not installed; install it or point KUBEBUILDER_ASSETS to binaries',
      { cause },
    );
  }
}

async function run(
  command: string,
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<void> {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-4_000)));
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('close', resolve),
  );
  if (code !== 0)
    throw new BinaryUnavailableError(`${command} ${args[0]} failed with ${code}: ${stderr.trim()}`);
}
