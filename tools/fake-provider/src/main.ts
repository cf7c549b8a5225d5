import { Command, Option } from 'commander';
import { claimFates, type ClaimFate } from './behaviour.ts';
import { startFakeProvider } from './fake-provider.ts';

const options = new Command('fake-provider')
  .description('Plays Karpenter and the GPU provisioner on a cluster until it is interrupted.')
  .requiredOption('--kubeconfig <file>', 'kubeconfig of the cluster')
  .addOption(new Option('--fate <name>', 'what becomes of claims').choices(claimFates).default('launch'))
  .option('--delay <milliseconds>', 'of each step of a claim', '1000')
  .addOption(
    new Option('--player <who>', 'who makes nodes Ready').choices(['kwok', 'provider']).default('kwok'),
  )
  .parse()
  .opts<{ kubeconfig: string; fate: ClaimFate; delay: string; player: 'kwok' | 'provider' }>();

const delay = Number(options.delay);
const provider = await startFakeProvider({
  kubeconfigPath: options.kubeconfig,
  player: options.player,
  behaviour: {
    fate: () => options.fate,
    launchMilliseconds: delay,
    registerMilliseconds: delay,
    initializeMilliseconds: delay,
    terminateMilliseconds: delay,
  },
});
process.stdout.write(`${JSON.stringify({ ready: true, pid: process.pid })}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    process.stdout.write(`${JSON.stringify({ purchases: provider.purchases })}\n`);
    void provider.stop();
  });
