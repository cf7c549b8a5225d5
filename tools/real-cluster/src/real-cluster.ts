import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ensureBinary } from './binaries.ts';
import { controlPlaneComponents, files, type Component, type ControlPlane } from './components.ts';
import { logPath, startDaemon } from './daemon.ts';
import { stopCluster } from './down.ts';
import { writeKubeconfig, writeServerFiles } from './files.ts';
import { freePorts } from './ports.ts';
import { endProcess, isAlive, type ProcessIdentity } from './process-identity.ts';
import { addLocalRoute } from './route.ts';
import { readState, writeState } from './state.ts';
import { nodeCommand, nodeComponentNames, type NodeComponentName } from './node/components.ts';
import { freePlan, makeNetwork } from './node/network.ts';
import { ensureNodePackages } from './node/packages.ts';
import { registryOf, type NodePlan } from './node/plan.ts';
import { startNode, startNodeComponents, type StartNodeOptions } from './node/start-node.ts';
import { killContainers, shimsOf } from './node/stop-node.ts';
import { withLock } from './lock.ts';
import type { BinaryName } from './versions.ts';
import { awaitApiServer, makeNodes } from './readiness.ts';

type ComponentName = BinaryName | NodeComponentName;

export interface RealClusterOptions {
  /** Where its files go. Default: a new temporary folder, removed again by `stop`. */
  readonly state?: string;
  /** The API server's port; etcd takes the two after it. Default: three that are free. */
  readonly port?: number;
  /** Where the API server listens. Default 127.0.0.1. */
  readonly host?: string;
  /** Nodes that kwok plays. Default 0. */
  readonly kwokNodes?: number;
  /** A range of addresses to make this machine's own, such as 10.245.0.0/24 for process-kubelet's pods. */
  readonly route?: string;
  /** A real node beside (or instead of) those: containers, kubelet, kube-proxy. Needs root. Default false. */
  readonly node?: boolean;
  /** GPUs that the real node says it has. Default 0. */
  readonly gpus?: number;
  /** Go on running when this process ends. Default false. */
  readonly detached?: boolean;
  readonly env?: NodeJS.ProcessEnv;
  readonly progress?: (line: string) => void;
}

export interface RealNode {
  readonly name: string;
  /** HOST:PORT of the registry (plain HTTP) that every image is pulled from, whatever registry its name means. */
  readonly registry: string;
  /** The address of this machine that pods reach. */
  readonly hostAddress: string;
  /** As a node's crash: kubelet, containerd and every container are killed. Resolves when they are gone. */
  crash(): Promise<void>;
  /** Starts what `crash` killed. */
  restart(): Promise<void>;
  /** The process ids of the node's containers' shims; containers are their children. */
  shims(): Promise<readonly number[]>;
}

export interface RealCluster {
  readonly directory: string;
  readonly kubeconfigPath: string;
  readonly url: string;
  /** One JSON object a line: who called what, by user agent. */
  readonly auditLogPath: string;
  readonly node?: RealNode;
  /** Kills a component, as an accident would. */
  kill(component: ComponentName, signal?: NodeJS.Signals): Promise<void>;
  /** Starts a component that was killed; resolves when the API server is ready. */
  start(component: ComponentName): Promise<void>;
  stop(): Promise<void>;
}

/** Brings up a control plane: etcd, API server (RBAC, audit log), controller manager, scheduler, kwok. */
export async function startRealCluster(options: RealClusterOptions = {}): Promise<RealCluster> {
  const directory = resolve(options.state ?? (await mkdtemp(join(tmpdir(), 'kaito-real-cluster-'))));
  await mkdir(directory, { recursive: true });
  const before = await readState(directory);
  if (before !== undefined && (await anyAlive(before.processes))) {
    throw new Error(
      `a cluster runs in ${directory} already; end it with: real-cluster down --state ${directory}`,
    );
  }
  await stopCluster(directory);
  const remove = options.state === undefined;
  const stop = async (): Promise<void> => {
    await stopCluster(directory);
    if (remove) await rm(directory, { recursive: true, force: true });
  };
  try {
    return { ...(await bringUp(directory, options)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function bringUp(directory: string, options: RealClusterOptions): Promise<Omit<RealCluster, 'stop'>> {
  const { route, kwokNodes = 0, detached = false, env = process.env, progress = () => {} } = options;
  const node = options.node === true ? await prepareNode(directory, progress) : undefined;
  const host = options.host ?? node?.hostAddress ?? '127.0.0.1';
  const plane: ControlPlane = {
    directory,
    host,
    serviceRange: node?.serviceRange ?? '10.96.0.0/16',
    ports: await choosePorts(options.port),
  };
  const url = `https://${host}:${plane.ports.api}`;
  const state = {
    url,
    kubeconfigPath: join(directory, files.kubeconfig),
    processes: {} as Record<string, ProcessIdentity>,
    routes: [] as string[],
    ...(node === undefined ? {} : { node }),
  };
  const token = await writeServerFiles(directory);
  const components = controlPlaneComponents(plane);

  async function startComponent({ name, args }: Component): Promise<void> {
    await startProcess(name, await ensureBinary(name, { env, progress }), args);
  }

  async function startNodeComponent(plan: NodePlan, name: NodeComponentName): Promise<ProcessIdentity> {
    const { command, args } = await nodeCommand(name, {
      plan,
      kubeconfigPath: state.kubeconfigPath,
      env,
      progress,
    });
    return startProcess(name, command, args);
  }

  async function startProcess(
    name: ComponentName,
    command: string,
    args: readonly string[],
  ): Promise<ProcessIdentity> {
    const identity = await startDaemon({
      command,
      args,
      cwd: directory,
      logFile: logPath(directory, name),
      detached,
      env,
    });
    state.processes[name] = identity;
    await writeState(directory, state);
    return identity;
  }

  async function killProcess(name: ComponentName, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const identity = state.processes[name];
    if (identity !== undefined) await endProcess(identity, signal, 10_000);
  }

  for (const component of components.filter(({ afterApiServer }) => !afterApiServer))
    await startComponent(component);
  progress(`waiting for the API server at ${url} …`);
  await awaitApiServer({ url, token, directory, processes: state.processes });
  const kubeconfigPath = await writeKubeconfig(directory, url, token);
  for (const component of components.filter(({ afterApiServer }) => afterApiServer))
    await startComponent(component);
  if (route !== undefined && (await addLocalRoute(route))) {
    state.routes.push(route);
    await writeState(directory, state);
  }
  progress('waiting for the controller manager and nodes …');
  await makeNodes(kubeconfigPath, kwokNodes);
  const nodeOptions =
    node === undefined
      ? undefined
      : {
          plan: node,
          directory,
          kubeconfigPath,
          gpus: options.gpus ?? 0,
          restarted: false,
          start: (name: NodeComponentName) => startNodeComponent(node, name),
          progress,
        };
  if (nodeOptions !== undefined) await startNode(nodeOptions);

  return {
    directory,
    kubeconfigPath,
    url,
    auditLogPath: join(directory, files.auditLog),
    ...(nodeOptions === undefined ? {} : { node: realNode(nodeOptions, killProcess) }),
    kill: killProcess,
    start: async (name) => {
      if (nodeOptions !== undefined && isNodeComponent(name)) {
        await startNodeComponents([name], { ...nodeOptions, restarted: true });
        return;
      }
      const component = components.find((candidate) => candidate.name === name);
      if (component === undefined) throw new Error(`${name} is no component of the control plane`);
      await startComponent(component);
      if (!component.afterApiServer)
        await awaitApiServer({ url, token, directory, processes: state.processes });
    },
  };
}

/** Names the node's parts in the state file, then makes its network, in which the API server will listen. */
async function prepareNode(directory: string, progress: (line: string) => void): Promise<NodePlan> {
  await ensureNodePackages(progress);
  let plan: NodePlan | undefined;
  await withLock('/run/kaito-ts-node.lock', async () => {
    const [registryPort = 0] = await freePorts(1);
    plan = await freePlan(directory, registryPort);
    const kubeconfigPath = join(directory, files.kubeconfig);
    await writeState(directory, { url: '', kubeconfigPath, processes: {}, routes: [], node: plan });
    await makeNetwork(plan);
  });
  if (plan === undefined) throw new Error('no network was planned');
  return plan;
}

function realNode(options: StartNodeOptions, kill: (name: ComponentName) => Promise<void>): RealNode {
  const { plan } = options;
  return {
    name: plan.nodeName,
    registry: registryOf(plan),
    hostAddress: plan.hostAddress,
    crash: async () => {
      await kill('kubelet');
      await kill('containerd');
      await killContainers(plan);
    },
    restart: () => startNodeComponents(['containerd', 'kubelet'], { ...options, restarted: true }),
    shims: () => shimsOf(plan),
  };
}

function isNodeComponent(name: ComponentName): name is NodeComponentName {
  return (nodeComponentNames as readonly string[]).includes(name);
}

async function choosePorts(base: number | undefined): Promise<ControlPlane['ports']> {
  const [api = 0, etcdClient = 0, etcdPeer = 0] =
    base === undefined ? await freePorts(3) : [base, base + 1, base + 2];
  return { api, etcdClient, etcdPeer };
}

async function anyAlive(processes: Readonly<Record<string, ProcessIdentity>>): Promise<boolean> {
  const alive = await Promise.all(Object.values(processes).map(isAlive));
  return alive.includes(true);
}
