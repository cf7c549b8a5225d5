import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { KubeClient } from '@kaito-ts/kube-runtime';
import { assembleLauncherRoot } from '@kaito-ts/launcher';
import { connect } from '../cluster.ts';
import { CommandError } from '../command-error.ts';
import { applyCustomResourceDefinitions } from './definitions.ts';
import { startServiceForwarding, type Endpoints } from './forward-services.ts';
import { buildImageList } from './image-list.ts';
import { endLeftovers } from './leftovers.ts';
import { readProcess } from './process-table.ts';
import { writePrograms } from './programs.ts';
import { apiServerRoom, nodeRoom, operatorRoom, type Room } from './rooms.ts';
import { systemLayout, writeSystemRecord, type SystemLayout } from './state.ts';
import { superviseRoom, type SupervisedRoom } from './supervised-room.ts';
import type { SystemOptions } from './system-options.ts';

export interface RunningSystem {
  readonly kubeconfigPath: string;
  readonly imagesPath: string;
  readonly client: KubeClient;
  /** In the order in which they were started. */
  readonly processes: readonly SupervisedRoom[];
  readonly endpoints: Endpoints;
  /** Rejects when a process ended that cannot be started again; never resolves. */
  readonly failed: Promise<never>;
  /** Ends operator, node and API server in this order and waits until they are gone. */
  stop(): Promise<void>;
}

/** Starts API server (unless there is one), node and operator, and forwards each Workspace's Service to a local port. */
export async function startSystem(options: SystemOptions): Promise<RunningSystem> {
  const layout = systemLayout(options.stateRoot);
  await mkdir(layout.logs, { recursive: true });
  for (const name of await endLeftovers(layout)) options.onProgress(`ended a ${name} left over from before`);
  const supervisor = createSupervisor(layout, options);
  try {
    return await startParts(layout, options, supervisor);
  } catch (error) {
    await supervisor.stopAll();
    throw error;
  }
}

async function startParts(
  layout: SystemLayout,
  options: SystemOptions,
  supervisor: Supervisor,
): Promise<RunningSystem> {
  options.onProgress(
    options.kubeconfigPath === undefined ? 'starting the API server' : 'preparing images and programs',
  );
  const [kubeconfigPath] = await Promise.all([
    startApiServer(layout, options, supervisor),
    prepareFiles(layout, options),
  ]);
  const connection = await connect({ kubeconfigPath, environment: options.environment });
  const { client } = connection;
  await applyCustomResourceDefinitions(client);

  options.onProgress('starting the node and the operator');
  const [healthPort, metricsPort] = [await freePort(), await freePort()];
  const addresses = { health: `127.0.0.1:${healthPort}`, metrics: `127.0.0.1:${metricsPort}` };
  const node = await supervisor.start(nodeRoom(layout, kubeconfigPath, options));
  const operator = await supervisor.start(operatorRoom(kubeconfigPath, addresses, options));
  await Promise.all([node.current().ready, waitHealthy(healthPort, operator)]);
  options.onProgress('API server, node and operator are ready');

  const endpoints = await startServiceForwarding({ client, onEndpoint: options.onEndpoint ?? (() => {}) });
  const record = async (): Promise<void> => recordSystem(layout, { kubeconfigPath, endpoints, supervisor });
  supervisor.onChange(record);
  endpoints.onChange(record);
  await record();
  return {
    kubeconfigPath,
    imagesPath: layout.images,
    client,
    processes: supervisor.rooms,
    endpoints,
    failed: Promise.race(supervisor.rooms.map(({ failed }) => failed)),
    stop: async () => {
      await endpoints.close();
      await connection.close();
      await supervisor.stopAll();
    },
  };
}

interface Supervisor {
  readonly rooms: readonly SupervisedRoom[];
  start(room: Room): Promise<SupervisedRoom>;
  onChange(listener: () => Promise<void>): void;
  stopAll(): Promise<void>;
}

function createSupervisor(layout: SystemLayout, { onProgress }: SystemOptions): Supervisor {
  const rooms: SupervisedRoom[] = [];
  let changed = nothing;
  const onRestart = (message: string): void => {
    onProgress(message);
    void changed();
  };
  return {
    rooms,
    start: async (room) => {
      const started = await superviseRoom({
        ...room,
        logFile: join(layout.logs, `${room.name}.log`),
        onRestart,
      });
      rooms.push(started);
      return started;
    },
    onChange: (listener) => {
      changed = listener;
    },
    stopAll: async () => {
      for (const each of rooms.toReversed()) await each.stop();
    },
  };
}

async function startApiServer(
  layout: SystemLayout,
  options: SystemOptions,
  supervisor: Supervisor,
): Promise<string> {
  if (options.kubeconfigPath !== undefined) return options.kubeconfigPath;
  const room = await supervisor.start(apiServerRoom(layout));
  return String((await room.current().ready)['kubeconfig']);
}

async function prepareFiles(layout: SystemLayout, options: SystemOptions): Promise<void> {
  await Promise.all([
    assembleLauncherRoot({ targetDirectory: join(layout.launcherRoot, 'launcher') }),
    writePrograms(layout, options.programs, options.environment),
    options.imageList === undefined ? [] : buildImageList(options.imageList, layout.images),
  ]);
}

/** An operator that dies before it was ever healthy would be started for ever with the same outcome. */
async function waitHealthy(port: number, operator: SupervisedRoom): Promise<void> {
  const { ended, logFile } = operator.current();
  const died = ended.then((how) => {
    throw new CommandError({
      code: 'PROCESS_ENDED',
      message: `operator ${how} before it was ready`,
      next: `read ${logFile}`,
    });
  });
  const late = performance.now() + patienceMilliseconds;
  while (performance.now() < late) {
    const healthy = await fetch(`http://127.0.0.1:${port}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (healthy) return;
    await Promise.race([delay(50), died]);
  }
  throw new CommandError({
    code: 'NOT_READY',
    message: `the operator is not ready after ${patienceMilliseconds / 1000} s`,
    next: `read ${logFile}`,
  });
}

/** It reads a handful of lists from an API server on the same machine. */
const patienceMilliseconds = 120_000;

interface Recorded {
  readonly kubeconfigPath: string;
  readonly endpoints: Endpoints;
  readonly supervisor: Supervisor;
}

async function recordSystem(
  layout: SystemLayout,
  { kubeconfigPath, endpoints, supervisor }: Recorded,
): Promise<void> {
  await writeSystemRecord(layout, {
    pid: process.pid,
    startTime: (await readProcess(process.pid))?.startTime ?? '',
    kubeconfig: kubeconfigPath,
    processes: supervisor.rooms.map((room) => {
      const { name, pid, startTime, logFile } = room.current();
      return { name, pid, startTime, log: logFile };
    }),
    endpoints: Object.fromEntries(endpoints.current()),
  });
}

async function nothing(): Promise<void> {}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
