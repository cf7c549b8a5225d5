import { createHash } from 'node:crypto';
import { join } from 'node:path';

/**
 * Where a node's parts are: all names follow from the cluster's folder, so that several nodes do not meet and ending
 * one needs nothing but its state file. Its network is a namespace with a link to this machine: bridge, routes and
 * iptables chains of containers live and end in there.
 */
export interface NodePlan {
  readonly nodeName: string;
  /** Everything on disk and every mount is below it. */
  readonly directory: string;
  /** Name of the network namespace, and of this machine's end of the link (an interface's name is 15 long at most). */
  readonly namespace: string;
  readonly link: string;
  /** The cgroup of all pods; two kubelets in one would kill each other's. */
  readonly cgroup: string;
  readonly cniName: string;
  readonly hostAddress: string;
  readonly nodeAddress: string;
  readonly podRange: string;
  readonly serviceRange: string;
  readonly registryPort: number;
}

/** As many nodes as can be there at once. */
export const nodeSlots = 16;

export function planNode(clusterDirectory: string, slot: number, registryPort: number): NodePlan {
  const hash = createHash('sha256').update(clusterDirectory).digest('hex').slice(0, 8);
  return {
    nodeName: 'real-node',
    directory: join(clusterDirectory, 'node'),
    namespace: `kaito-${hash}`,
    link: `kaito${hash}`,
    cgroup: `kaito-${hash}`,
    cniName: `kaito-${hash}`,
    hostAddress: `10.211.${slot}.1`,
    nodeAddress: `10.211.${slot}.2`,
    podRange: `10.212.${slot}.0/24`,
    serviceRange: `10.213.${slot * 16}.0/20`,
    registryPort,
  };
}

export function registryOf({ hostAddress, registryPort }: NodePlan): string {
  return `${hostAddress}:${registryPort}`;
}

export function containerdSocket({ directory }: NodePlan): string {
  return join(directory, 'containerd.sock');
}

/** The command line that runs a program in the node's network but with this machine's mounts. */
export function inNamespace(
  { namespace }: NodePlan,
  command: string,
  args: readonly string[],
): { readonly command: string; readonly args: readonly string[] } {
  return { command: 'nsenter', args: [`--net=/run/netns/${namespace}`, command, ...args] };
}
