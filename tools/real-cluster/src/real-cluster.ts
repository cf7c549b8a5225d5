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
import type { BinaryName } from './versions.ts';
import { awaitApiServer, makeNodes } from './readiness.ts';

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
  /** Go on running when this process ends. Default false. */
  readonly detached?: boolean;
  readonly env?: NodeJS.ProcessEnv;
  readonly progress?: (line: string) => void;
}

export interface RealCluster {
  readonly directory: string;
  readonly kubeconfigPath: string;
  readonly url: string;
  /** One JSON object a line: who called what, by user agent. */
  readonly auditLogPath: string;
  /** Kills a component, as an accident would. */
  kill(component: BinaryName, signal?: NodeJS.Signals): Promise<void>;
  /** Starts a component that was killed; resolves when the API server is ready. */
  start(component: BinaryName): Promise<void>;
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
  const {
    host = '127.0.0.1',
    route,
    kwokNodes = 0,
    detached = false,
    env = process.env,
    progress = () => {},
  } = options;
  const plane: ControlPlane = { directory, host, ports: await choosePorts(options.port, host) };
  const url = `https://${host}:${plane.ports.api}`;
  const state = {
    url,
    kubeconfigPath: join(directory, files.kubeconfig),
    processes: {} as Record<string, ProcessIdentity>,
    routes: [] as string[],
  };
  const token = await writeServerFiles(directory);
  const components = controlPlaneComponents(plane);

  async function startComponent({ name, args }: Component): Promise<void> {
    const command = await ensureBinary(name, { env, progress });
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

  return {
    directory,
    kubeconfigPath,
    url,
    auditLogPath: join(directory, files.auditLog),
    kill: async (name, signal = 'SIGKILL') => {
      const identity = state.processes[name];
      if (identity !== undefined) await endProcess(identity, signal, 10_000);
    },
    start: async (name) => {
      const component = components.find((candidate) => candidate.name === name);
      if (component === undefined) throw new Error(`${name} is no component of the control plane`);
      await startComponent(component);
      if (!component.afterApiServer)
        await awaitApiServer({ url, token, directory, processes: state.processes });
    },
  };
}

async function choosePorts(base: number | undefined, host: string): Promise<ControlPlane['ports']> {
  const [api = 0, etcdClient = 0, etcdPeer = 0] =
    base === undefined ? await freePorts(3, host) : [base, base + 1, base + 2];
  return { api, etcdClient, etcdPeer };
}

async function anyAlive(processes: Readonly<Record<string, ProcessIdentity>>): Promise<boolean> {
  const alive = await Promise.all(Object.values(processes).map(isAlive));
  return alive.includes(true);
}
