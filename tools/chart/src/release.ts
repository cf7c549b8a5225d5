import { kubectlPath } from '@kaito-ts/real-cluster';
import { chartFolder, helm, release } from './chart.ts';
import { run } from './run.ts';

/** The chart's release on a cluster. Each verb resolves when all of its pods are ready or, of the last, gone. */
export interface Release {
  /** Values as `--set` takes them. The namespace is made if need be, and enforces the restricted Pod Security level. */
  install(...values: readonly string[]): Promise<void>;
  /** Values not given stay as they are. */
  upgrade(...values: readonly string[]): Promise<void>;
  uninstall(): Promise<void>;
}

const instance = `app.kubernetes.io/instance=${release.name}`;

export function createRelease(kubeconfigPath: string): Release {
  const here = ['--kubeconfig', kubeconfigPath, '--namespace', release.namespace];
  const patience = ['--wait', '--timeout', '150s'];

  async function kubectl(...argv: readonly string[]): Promise<void> {
    const { code, stderr } = await run(await kubectlPath(), [...here, ...argv]);
    if (code !== 0 && !stderr.includes('AlreadyExists')) throw new Error(stderr);
  }

  async function explained(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (cause) {
      const program = await kubectlPath();
      const last = await Promise.all([
        run(program, [...here, 'get', 'pods', '-o', 'wide']),
        run(program, [...here, 'logs', '-l', instance, '--tail=5', '--prefix', '--ignore-errors']),
      ]);
      const words = last.map(({ stdout, stderr }) => stdout + stderr).join('');
      throw new Error(`${(cause as Error).message}\n${words}`, { cause });
    }
  }

  /** helm --wait is content with all replicas but maxUnavailable. */
  const rolledOut = (): Promise<void> =>
    kubectl('rollout', 'status', `deployment/${release.name}`, '--timeout=240s');

  return {
    install: async (...values) => {
      const level = 'pod-security.kubernetes.io/enforce=restricted';
      await kubectl('create', 'namespace', release.namespace);
      await kubectl('label', 'namespace', release.namespace, level, '--overwrite');
      await explained(async () => {
        await helm('install', release.name, chartFolder, ...here, ...patience, ...set(values));
        await rolledOut();
      });
    },
    upgrade: async (...values) => {
      const changed = ['--reuse-values', ...patience, ...set(values)];
      await explained(async () => {
        await helm('upgrade', release.name, chartFolder, ...here, ...changed);
        await rolledOut();
      });
    },
    uninstall: async () => {
      await explained(async () => {
        await helm('uninstall', release.name, ...here, ...patience);
      });
    },
  };
}

function set(values: readonly string[]): readonly string[] {
  return values.flatMap((value) => ['--set', value]);
}
