import { readdir, readFile, readlink, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { endProcess, identify, type ProcessIdentity } from '../process-identity.ts';
import { removeCgroup } from './cgroup.ts';
import { attempt } from '../execute.ts';
import { listens } from './listens.ts';
import { removeNetwork } from './network.ts';
import { containerdSocket, type NodePlan } from './plan.ts';

/** Where kubelet and CNI leave files however they are configured. */
const CONTAINER_LOGS = '/var/log/containers';
const CNI_CACHE = '/var/lib/cni/results';
const SHIM_SOCKETS = '/run/containerd/s/';

/**
 * Takes a node away: kubelet and kube-proxy, then every container, containerd and the registry, then mounts, cgroups
 * and network. Each step is fine with having nothing to do, so that it also follows a crash.
 */
export async function stopNode(
  plan: NodePlan,
  processes: Readonly<Record<string, ProcessIdentity>>,
): Promise<void> {
  const end = async (name: string): Promise<void> => {
    const identity = processes[name];
    if (identity !== undefined) await endProcess(identity, 'SIGTERM', 3_000);
  };
  await Promise.all(['kubelet', 'kube-proxy'].map(end));
  const tasks = await tasksOf(plan);
  await killContainers(plan);
  await Promise.all(['containerd', 'registry'].map(end));
  // A container that was being started while the others were killed.
  await killContainers(plan);
  await unmountBelow(plan.directory);
  await removeLinks(CONTAINER_LOGS, `${plan.directory}/`);
  await removeCached(
    (name) => name.startsWith(`${plan.cniName}-`) || tasks.some(({ id }) => name.includes(id)),
  );
  await removeDevicePlugins();
  await removeNetwork(plan);
  await removeCgroup(plan.cgroup);
  await rm(plan.directory, { recursive: true, force: true });
}

/** Kills the containers of this node, and no others: those under shims that were started for its own socket. */
export async function killContainers(plan: NodePlan): Promise<void> {
  const tasks = await tasksOf(plan);
  for (const shim of await shimsOf(plan)) {
    for (const pid of await descendants(shim)) await kill(pid);
    await kill(shim);
  }
  for (const { socket } of tasks) if (socket.startsWith(SHIM_SOCKETS)) await rm(socket, { force: true });
}

export async function shimsOf(plan: NodePlan): Promise<readonly number[]> {
  const socket = containerdSocket(plan);
  const found = await Promise.all(
    (await allPids()).map(async (pid) => {
      const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
      return words[0]?.includes('containerd-shim') && words.includes(socket) ? pid : undefined;
    }),
  );
  return found.filter((pid) => pid !== undefined);
}

async function descendants(root: number): Promise<readonly number[]> {
  const threads = await readdir(`/proc/${root}/task`).catch(() => []);
  const lists = await Promise.all(
    threads.map((id) => readFile(`/proc/${root}/task/${id}/children`, 'utf8').catch(() => '')),
  );
  const children = lists.join(' ').split(/\s+/).filter(Boolean).map(Number);
  return [...children, ...(await Promise.all(children.map(descendants))).flat()];
}

async function kill(pid: number): Promise<void> {
  await endProcess(await identify(pid), 'SIGKILL', 5_000);
}

async function allPids(): Promise<readonly number[]> {
  return (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
}

interface Task {
  readonly id: string;
  readonly socket: string;
}

/** Shims listen outside of the folder; a killed one leaves its socket. */
async function tasksOf({ directory }: NodePlan): Promise<readonly Task[]> {
  const folder = join(directory, 'containerd-state/io.containerd.runtime.v2.task/k8s.io');
  const ids = await readdir(folder).catch(() => []);
  return Promise.all(
    ids.map(async (id) => {
      const address = await readFile(join(folder, id, 'address'), 'utf8').catch(() => '');
      return { id, socket: address.trim().replace(/^unix:\/\//, '') };
    }),
  );
}

async function unmountBelow(directory: string): Promise<void> {
  const paths = (await readFile('/proc/self/mounts', 'utf8'))
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${directory}/`));
  for (const path of paths.toReversed()) await attempt('umount', ['-l', path]);
}

async function removeLinks(folder: string, target: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    if ((await readlink(path).catch(() => '')).startsWith(target)) await rm(path, { force: true });
  }
}

/** A kubelet makes this folder whatever its own is. One that listens there is another, which keeps it. */
async function removeDevicePlugins(): Promise<void> {
  const folder = '/var/lib/kubelet/device-plugins';
  if (await listens(join(folder, 'kubelet.sock')).catch(() => false)) return;
  for (const name of ['kubelet.sock', 'kubelet_internal_checkpoint'])
    await rm(join(folder, name), { force: true });
  for (const path of [folder, '/var/lib/kubelet']) await rmdir(path).catch(() => {});
}

async function removeCached(isOurs: (name: string) => boolean): Promise<void> {
  for (const name of await readdir(CNI_CACHE).catch(() => []))
    if (isOurs(name)) await rm(join(CNI_CACHE, name), { force: true });
}
