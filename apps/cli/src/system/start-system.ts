import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { once } from 'node:events';
import { assembleLauncherRoot } from '@kaito-ts/launcher';
import { applyCustomResourceDefinitions } from './definitions.ts';
import { startServiceForwarding, type Endpoints } from './forward-services.ts';
import { endLeftovers } from './leftovers.ts';
import { readProcess } from './process-table.ts';
import { writePrograms, type ProgramRow } from './programs.ts';
import { startRoomProcess, type RoomProcess } from './room-process.ts';
import { systemLayout, writeSystemRecord } from './state.ts';
import { CommandError } from '../command-error.ts';
import { connect } from '../cluster.ts';
import { buildImageList } from './image-list.ts';
import type { KubeClient } from '@kaito-ts/kube-runtime';

export interface SystemOptions {
  /** Folder that holds everything of this system. */
  readonly stateRoot: string;
  /** Runtime of Workspaces that name none. Default `llamacpp`, which needs no GPU. */
  readonly defaultRuntime: string;
  readonly programs: readonly ProgramRow[];
  /** GPUs that the local node claims to have. Default 0. */
  readonly gpus: number;
  /** Extra arguments of the operator. */
  readonly operatorArguments: readonly string[];
  readonly modelRecords?: string | undefined;
  /** A list of images to build into the store first, such as examples/demo/images.yaml. */
  readonly imageList?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Called with a sentence at each step. */
  readonly onProgress: (message: string) => void;
  /** Called when a workspace's address becomes known or changes. */
  readonly onEndpoint?: (workspace: string, url: string) => void;
}

export interface RunningSystem {
  readonly kubeconfigPath: string;
  readonly imagesPath: string;
  readonly client: KubeClient;
  readonly processes: readonly RoomProcess[];
  readonly endpoints: Endpoints;
  /** Rejects when one of the three processes ends unasked; never resolves. */
  readonly failed: Promise<never>;
  /** Ends operator, node and API server in this order and waits until they are gone. */
  stop(): Promise<void>;
}

/** Starts API server, node and operator as three processes and forwards each Workspace's Service to a local port. */
export async function startSystem(options: SystemOptions): Promise<RunningSystem> {
  const layout = systemLayout(options.stateRoot);
  await mkdir(layout.logs, { recursive: true });
  for (const name of await endLeftovers(layout)) options.onProgress(`ended a ${name} left over from before`);

  const processes: RoomProcess[] = [];
  const stopAll = async (): Promise<void> => {
    for (const each of processes.toReversed()) await each.stop();
  };
  try {
    options.onProgress('starting the API server');
    const prepared = Promise.all([
      assembleLauncherRoot({ targetDirectory: layout.launcherRoot }),
      writePrograms(layout, options.programs, options.environment),
      options.imageList === undefined ? [] : buildImageList(options.imageList, layout.images),
    ]);
    prepared.catch(() => {});
    const cluster = await start(processes, layout.logs, {
      name: 'api-server',
      packageName: '@kaito-ts/local-cluster',
      args: ['--state', layout.cluster],
    });
    const kubeconfigPath = String((await cluster.ready)['kubeconfig']);
    const connection = await connect({ kubeconfigPath, environment: options.environment });
    const { client } = connection;
    await Promise.all([prepared, applyCustomResourceDefinitions(client)]);

    options.onProgress('starting the node and the operator');
    const node = await start(processes, layout.logs, {
      name: 'node',
      packageName: '@kaito-ts/process-kubelet',
      args: [
        ...['--kubeconfig', kubeconfigPath, '--state', layout.node, '--images', layout.images],
        ...['--programs', layout.programs, '--node-name', 'local'],
        ...(options.gpus > 0 ? ['--gpus', String(options.gpus)] : []),
      ],
    });
    const healthPort = await freePort();
    const operator = await start(processes, layout.logs, {
      name: 'operator',
      packageName: '@kaito-ts/operator',
      args: [
        ...['--kubeconfig', kubeconfigPath, '--node-provisioner', 'byo'],
        ...['--default-runtime', options.defaultRuntime, '--health-address', `127.0.0.1:${healthPort}`],
        ...['--metrics-address', `127.0.0.1:${await freePort()}`],
        ...(options.modelRecords === undefined ? [] : ['--model-records', options.modelRecords]),
        ...options.operatorArguments,
      ],
    });
    await Promise.all([node.ready, waitHealthy(healthPort, operator)]);
    options.onProgress('API server, node and operator are ready');

    const endpoints = await startServiceForwarding({ client, onEndpoint: options.onEndpoint ?? (() => {}) });
    const record = async (): Promise<void> =>
      writeSystemRecord(layout, {
        pid: process.pid,
        startTime: (await readProcess(process.pid))?.startTime ?? '',
        kubeconfig: kubeconfigPath,
        processes: processes.map(({ name, pid, startTime, logFile }) => ({ name, pid, startTime, log: logFile })),
        endpoints: Object.fromEntries(endpoints.current()),
      });
    endpoints.onChange(record);
    await record();

    return {
      kubeconfigPath,
      imagesPath: layout.images,
      client,
      processes,
      endpoints,
      failed: Promise.race(processes.map(failOnEnd)),
      stop: async () => {
        await endpoints.close();
        await connection.close();
        await stopAll();
      },
    };
  } catch (error) {
    await stopAll();
    throw error;
  }
}

async function start(
  processes: RoomProcess[],
  logs: string,
  options: { readonly name: string; readonly packageName: string; readonly args: readonly string[] },
): Promise<RoomProcess> {
  const started = await startRoomProcess({ ...options, logFile: join(logs, `${options.name}.log`) });
  // Whoever awaits `ready` later gets the rejection; until then it must not count as unhandled.
  started.ready.catch(() => {});
  processes.push(started);
  return started;
}

async function waitHealthy(port: number, operator: RoomProcess): Promise<void> {
  for (;;) {
    const healthy = await fetch(`http://127.0.0.1:${port}/readyz`).then((answer) => answer.ok, () => false);
    if (healthy) return;
    await Promise.race([new Promise((resolve) => setTimeout(resolve, 50)), failOnEnd(operator)]);
  }
}

async function failOnEnd({ name, ended, logFile }: RoomProcess): Promise<never> {
  throw new CommandError({
    code: 'PROCESS_ENDED',
    message: `${name} ${await ended}`,
    next: `read ${logFile}`,
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
