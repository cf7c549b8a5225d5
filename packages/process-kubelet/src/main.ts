import { createTransport, loadKubeconfig } from '@kaito-ts/kube-runtime';
import { Command } from 'commander';
import { destination, pino } from 'pino';
import packageFile from '../package.json' with { type: 'json' };
import { startNodeAgent } from './agent/node-agent.ts';
import { compileOptions, parseLabels, type RawNodeAgentOptions } from './agent/options.ts';

interface Flags extends Omit<RawNodeAgentOptions, 'labels'> {
  readonly kubeconfig?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly logLevel: string;
}

const program = new Command('kaito-process-kubelet')
  .description('A node agent that runs the containers of pods as processes of this machine.')
  .version(packageFile.version)
  .option('--kubeconfig <file>', 'how to reach the API server (default: KUBECONFIG, then ~/.kube/config)')
  .requiredOption('--state <dir>', 'folder for volumes, logs and process records; keep its path short')
  .option('--node-name <name>', "name of the Node (default: this machine's name)")
  .option('--images <dir>', 'image store (an OCI layout)')
  .option('--programs <file>', 'table of images that stand for programs of this machine (JSON)')
  .option('--pod-cidr <range>', 'addresses for pods, local to this machine', '127.64.0.0/16')
  .option('--gpus <count>', 'GPUs to offer as nvidia.com/gpu', Number)
  .option('--gpu-product <name>', 'label nvidia.com/gpu.product')
  .option('--gpu-memory-mib <mib>', 'label nvidia.com/gpu.memory', Number)
  .option('--labels <list>', 'more labels of the Node: key=value,…', parseLabels)
  .option('--address <ip>', 'address of the node and of its log server', '127.0.0.1')
  .option('--port <number>', 'port of the log server (0: any)', Number)
  .option('--back-off-seconds <seconds>', 'first wait before a crashing container restarts again', Number)
  .option('--refresh-seconds <seconds>', 'how often volumes follow ConfigMaps and Secrets', Number)
  .option(
    '--retry-seconds <seconds>',
    'wait before a missing image or configuration is looked for again',
    Number,
  )
  .option('--shutdown-grace-seconds <seconds>', 'longest grace for containers when the agent stops', Number)
  .option('--log-level <level>', 'trace, debug, info, warn, error', 'info')
  .parse();

const flags = program.opts<Flags>();
const logger = pino({ level: flags.logLevel, base: null }, destination(2));

try {
  const options = compileOptions({ ...flags, version: packageFile.version });
  const access = await loadKubeconfig({ path: flags.kubeconfig, env: process.env });
  const transport = createTransport(access, { userAgent: `kaito-process-kubelet/${packageFile.version}` });
  const agent = await startNodeAgent(options, transport, logger);
  let closing: Promise<void> | undefined;
  const stop = (signal: NodeJS.Signals): void => {
    logger.info({ signal }, 'stopping');
    closing ??= agent.close().then(async () => {
      await transport.close();
      process.exit(0);
    });
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  await agent.ready;
  if (closing === undefined) {
    process.stdout.write(
      `${JSON.stringify({ ready: true, node: agent.nodeName, pid: process.pid, port: agent.port })}\n`,
    );
  }
} catch (error) {
  process.stderr.write(`kaito-process-kubelet: ${(error as Error).message}\n`);
  process.exit(1);
}
