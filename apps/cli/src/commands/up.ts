import { once } from 'node:events';
import { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { collect, readCount, stateOption } from '../options.ts';
import { demoImageList } from '../system/image-list.ts';
import { parseProgramOption } from '../system/programs.ts';
import { startSystem, type RunningSystem } from '../system/start-system.ts';
import { defaultStateRoot } from '../system/state.ts';

interface UpOptions {
  readonly state?: string;
  readonly defaultRuntime: string;
  readonly program: readonly string[];
  readonly gpus: number;
  readonly modelRecords?: string;
  readonly kubeconfig?: string;
  readonly podCidr?: string;
}

/** `kaito up`: API server, node and operator as three processes on this machine, until Ctrl-C. */
export function upCommand(context: CommandContext): Command {
  return new Command('up')
    .description('run a local Kubernetes API, a node and the operator on this machine until Ctrl-C')
    .addOption(stateOption())
    .option('--default-runtime <engine>', 'engine of Workspaces that name none', 'llamacpp')
    .option(
      '--program <image=folder>',
      'run this image’s programs from a folder of this machine; may be repeated',
      collect,
      [],
    )
    .option('--gpus <count>', 'GPUs that the node says it has', readCount, 0)
    .option('--model-records <folder>', 'model records of your own')
    .option('--kubeconfig <file>', 'join node and operator to this API server instead of starting one')
    .option(
      '--pod-cidr <range>',
      'addresses of pods; a real API server needs a range that is not loopback but local',
    )
    .action(async (options: UpOptions) => {
      const system = await startSystem({
        stateRoot: options.state ?? defaultStateRoot(context.environment),
        defaultRuntime: options.defaultRuntime,
        programs: options.program.map(parseProgramOption),
        gpus: options.gpus,
        podCidr: options.podCidr,
        kubeconfigPath: options.kubeconfig,
        modelRecords: options.modelRecords,
        imageList: demoImageList(),
        environment: context.environment,
        onProgress: (message) => context.writeNote(`${message}\n`),
        onEndpoint: (workspace, url) => context.writeNote(`${workspace} is served at ${url}/v1\n`),
      });
      if (options.kubeconfig === undefined) {
        context.writeNote(
          'a development engine, not a cluster: no RBAC, no admission webhooks, kept in memory\n',
        );
      }
      await serve(system, context);
    });
}

async function serve(system: RunningSystem, context: CommandContext): Promise<void> {
  context.writeNote('in another shell: export KUBECONFIG=the path below; Ctrl-C ends everything\n');
  context.writeResult(`${system.kubeconfigPath}\n`);
  try {
    if (!context.signal.aborted) await Promise.race([once(context.signal, 'abort'), system.failed]);
  } finally {
    context.writeNote('stopping: operator, node (with its pods), API server\n');
    await system.stop();
  }
}
