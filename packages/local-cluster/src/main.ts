import { Command } from 'commander';
import { pino } from 'pino';
import { startLocalCluster, type LocalClusterOptions } from './cluster.ts';

const program = new Command('kaito-local-cluster')
  .description(
    'A Kubernetes API for one machine, in one process. A development engine: one token may do everything.',
  )
  .requiredOption('--state <directory>', 'folder for the kubeconfig (and the objects with --persist)')
  .option('--port <number>', 'port to listen on; 0 takes a free one', Number, 0)
  .option('--persist', 'keep the objects in the state folder', false);

const { state, ...options } = program.parse().opts<LocalClusterOptions & { readonly state: string }>();
const log = pino({ name: 'kaito-local-cluster' }, process.stderr);
const cluster = await startLocalCluster({
  ...options,
  stateDirectory: state,
  report: (error) => log.error({ error }, 'fault in the engine'),
});
log.info({ url: cluster.url }, 'serving; a development engine, not for production');
process.stdout.write(
  `${JSON.stringify({ ready: true, kubeconfig: cluster.kubeconfigPath, url: cluster.url, pid: process.pid })}\n`,
);

let isClosing = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.on(signal, () => {
    if (isClosing) return;
    isClosing = true;
    void cluster.close().then(() => process.exit(0));
  });
