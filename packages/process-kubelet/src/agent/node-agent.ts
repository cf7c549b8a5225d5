import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient, EventRecorder, type Logger, type Transport } from '@kaito-ts/kube-runtime';
import { createContainerImages } from '../images/container-images.ts';
import { readProgramTable } from '../images/programs.ts';
import { openImageStore } from '../images/store.ts';
import { nodeCapacity } from '../node/capacity.ts';
import { createGpuAllocator } from '../node/gpu-allocator.ts';
import type { NodeDescription } from '../node/node-object.ts';
import { createPodAddresses } from '../node/pod-addresses.ts';
import { createNodeRegistration, type NodeRegistration } from '../node/registration.ts';
import { openProcessLedger } from '../process/ledger.ts';
import { systemProcessTable } from '../process/process-table.ts';
import { endLeftovers } from '../process/recover.ts';
import { selfSignedCertificate } from '../server/certificate.ts';
import { startKubeletServer, type LogSource, type LogRequest } from '../server/kubelet-server.ts';
import { createClusterSources } from './cluster-sources.ts';
import type { NodeAgentOptions } from './options.ts';
import { createPodApi } from './pod-api.ts';
import { createPodEvents } from './pod-events.ts';
import { createPodManager, type PodManager } from './pod-manager.ts';
import { claimState } from './state-lock.ts';
import type { NodeServices } from './services.ts';

const heartbeatMilliseconds = 10_000;
/** Node status is only repeated so often; the Lease says in between that the node lives. */
const statusMilliseconds = 300_000;
const registrationRetryMilliseconds = 1000;
const farewellMilliseconds = 3000;

export interface NodeAgent {
  readonly nodeName: string;
  /** Of the HTTPS server for logs. */
  readonly port: number;
  /** Resolves when the Node is registered and Ready. */
  readonly ready: Promise<void>;
  /** Ends every process of every pod and marks the node NotReady. */
  close(): Promise<void>;
}

/** The whole agent, from leftovers of its last life to a Node that takes pods. */
export async function startNodeAgent(
  options: NodeAgentOptions,
  transport: Transport,
  logger: Logger,
): Promise<NodeAgent> {
  const now = Date.now;
  const client = createClient(transport);
  const table = systemProcessTable();
  const state = claimState(options.stateDirectory, table);
  const ledger = openProcessLedger(join(options.stateDirectory, 'processes'));
  const leftovers = await endLeftovers(ledger, table, `${state.agentId}:`);
  if (leftovers.length > 0) logger.warn({ count: leftovers.length }, 'ended processes of an earlier run');

  const podsDirectory = join(options.stateDirectory, 'pods');
  mkdirSync(podsDirectory, { recursive: true });
  const capacity = nodeCapacity(options.stateDirectory, options.gpus);
  const recorder = new EventRecorder({
    client,
    component: 'kaito-process-kubelet',
    instance: options.nodeName,
    logger,
  });
  const services: NodeServices = {
    api: createPodApi(client),
    events: createPodEvents(recorder),
    log: logger,
    images: await createContainerImages({
      store:
        options.imagesDirectory === undefined ? undefined : await openImageStore(options.imagesDirectory),
      programs: options.programsFile === undefined ? [] : await readProgramTable(options.programsFile),
      rootsDirectory: join(options.stateDirectory, 'roots'),
    }),
    sources: createClusterSources(client, now),
    addresses: createPodAddresses(options.podCidr),
    gpus: createGpuAllocator(options.gpus.count),
    host: { table, ledger, now },
    agentId: state.agentId,
    hostIP: options.address,
    allocatable: capacity,
    podsDirectory,
    ...options.timing,
  };
  const manager = createPodManager({ client, nodeName: options.nodeName, services, logger });
  const server = await startKubeletServer({
    address: options.address,
    port: options.port,
    certificate: await selfSignedCertificate({ node: options.nodeName, address: options.address }, now()),
    pods: () => manager.pods,
    log: (request) => findLog(manager, request),
    now,
  });
  const description: NodeDescription = {
    name: options.nodeName,
    address: options.address,
    port: server.port,
    labels: options.labels,
    capacity,
    gpus: options.gpus,
    machineId: state.agentId,
    bootId: table.bootId,
    version: options.version,
  };
  const registration = createNodeRegistration(client, description, now);
  const stop = new AbortController();
  const ready = register(registration, logger, stop.signal);
  const running = Promise.all([
    manager.run(stop.signal),
    ready.then(async () => beat(registration, logger, stop.signal)),
  ]);

  return {
    nodeName: options.nodeName,
    port: server.port,
    ready,
    async close() {
      const farewell = registration.report(false).catch((error: unknown) => {
        logger.warn({ error: String(error) }, 'node could not be marked NotReady');
      });
      await manager.stop(options.shutdownGraceSeconds);
      await Promise.race([farewell, delay(farewellMilliseconds, undefined, { ref: false })]);
      stop.abort();
      await running;
      await Promise.race([recorder.close(), delay(farewellMilliseconds, undefined, { ref: false })]);
      await server.close();
      state.release();
    },
  };
}

async function register(registration: NodeRegistration, logger: Logger, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await registration.report(true);
      return;
    } catch (error) {
      logger.warn({ error: String(error) }, 'node cannot be registered, will retry');
    }
    await pause(registrationRetryMilliseconds, signal);
  }
}

async function beat(registration: NodeRegistration, logger: Logger, signal: AbortSignal): Promise<void> {
  let reportedAt = performance.now();
  while (await pause(heartbeatMilliseconds, signal)) {
    try {
      if (performance.now() - reportedAt < statusMilliseconds) await registration.heartbeat();
      else {
        await registration.report(true);
        reportedAt = performance.now();
      }
    } catch (error) {
      logger.warn({ error: String(error) }, 'heartbeat failed');
      // The Node itself may be gone; the next beat makes it again.
      reportedAt = Number.NEGATIVE_INFINITY;
    }
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  return delay(milliseconds, true, { signal }).catch(() => false);
}

function findLog(
  manager: PodManager,
  { namespace, pod, container, previous }: LogRequest,
): LogSource | { readonly problem: string } {
  const worker = manager.find(namespace, pod);
  if (worker === undefined) return { problem: `pod "${namespace}/${pod}" is not on this node` };
  const runner = worker.runner(container);
  if (runner === undefined) return { problem: `container "${container}" is not in pod "${pod}"` };
  return (
    runner.logSource(previous) ?? {
      problem: `${previous ? 'previous terminated ' : ''}container "${container}" in pod "${pod}" not found`,
    }
  );
}
