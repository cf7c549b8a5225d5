import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { stopCluster } from './down.ts';
import { ensureNodePackages } from './node/packages.ts';
import { startRealCluster } from './real-cluster.ts';
import { clusterStatus } from './status.ts';

export interface Output {
  readonly stdout: (line: string) => void;
  readonly stderr: (line: string) => void;
  readonly env: NodeJS.ProcessEnv;
}

/** The `real-cluster` program. What it found goes to stdout as one JSON object, progress to stderr. */
export function createProgram({ stdout, stderr, env }: Output): Command {
  const program = new Command('real-cluster').description(
    'A real Kubernetes control plane on this machine, for tests',
  );
  program
    .command('up')
    .description('start etcd, API server, controller manager, scheduler and kwok')
    .requiredOption('--state <directory>', 'where its files go')
    .option(
      '--port <number>',
      "the API server's port; etcd takes the two after it (default: free ones)",
      port,
    )
    .option('--host <address>', 'where the API server listens (default: 127.0.0.1; with --node its link)')
    .option('--nodes <kwok:count>', 'nodes that kwok plays', kwokNodes, 0)
    .option('--node', 'a real node: containerd, bridge network, kubelet, kube-proxy, and a registry')
    .option('--gpus <count>', 'GPUs that the real node says it has', count, 0)
    .option('--route <cidr>', 'make this range the machine’s own, for pods of process-kubelet')
    .action(async (options: UpOptions) => {
      const { state, nodes, ...rest } = options;
      const cluster = await startRealCluster({
        ...rest,
        state,
        kwokNodes: nodes,
        detached: true,
        env,
        progress: stderr,
      });
      stdout(
        JSON.stringify({
          ready: true,
          kubeconfig: cluster.kubeconfigPath,
          url: cluster.url,
          state: cluster.directory,
          ...(cluster.node === undefined ? {} : { node: cluster.node.name, registry: cluster.node.registry }),
        }),
      );
    });
  program
    .command('install')
    .description('install the Debian packages that a real node needs')
    .action(async () => {
      await ensureNodePackages(stderr);
      stderr('installed');
    });
  program
    .command('down')
    .description('end it and leave only its logs')
    .requiredOption('--state <directory>')
    .action(async ({ state }: { state: string }) => {
      await stopCluster(resolve(state));
      stderr('down');
    });
  program
    .command('status')
    .description('what runs; exit status 1 when not all does')
    .requiredOption('--state <directory>')
    .action(async ({ state }: { state: string }) => {
      const status = await clusterStatus(resolve(state));
      stdout(JSON.stringify(status));
      if (!status.running) process.exitCode = 1;
    });
  return program;
}

interface UpOptions {
  readonly state: string;
  readonly port?: number;
  readonly host?: string;
  readonly nodes: number;
  readonly node?: boolean;
  readonly gpus: number;
  readonly route?: string;
}

function count(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('it is no number between 0 and 9999');
}

function port(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && value <= 65_533) return value;
  throw new InvalidArgumentError('it is no port between 1 and 65533');
}

function kwokNodes(text: string): number {
  const match = /^kwok:(\d{1,4})$/.exec(text);
  if (match !== null) return Number(match[1]);
  throw new InvalidArgumentError('it is not of the form kwok:4');
}
