import { attempt, execute } from '../execute.ts';
import { inNamespace, nodeSlots, planNode, type NodePlan } from './plan.ts';

/** A plan whose addresses nobody on this machine has. Held by whoever holds the lock until `makeNetwork` is done. */
export async function freePlan(clusterDirectory: string, registryPort: number): Promise<NodePlan> {
  const taken = await execute('ip', ['-4', '-o', 'addr', 'show']);
  for (let slot = 0; slot < nodeSlots; slot++) {
    const plan = planNode(clusterDirectory, slot, registryPort);
    if (!taken.includes(` ${plan.hostAddress}/`)) return plan;
  }
  throw new Error(`${nodeSlots} real nodes run on this machine already (see: ip addr show)`);
}

/** The namespace, the link into it, and routes to the pods and Services that live behind it. */
export async function makeNetwork(plan: NodePlan): Promise<void> {
  const { namespace, link, hostAddress, nodeAddress, podRange, serviceRange } = plan;
  await execute('ip', ['netns', 'add', namespace]);
  await execute('ip', ['link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace]);
  await execute('ip', ['addr', 'add', `${hostAddress}/24`, 'dev', link]);
  await execute('ip', ['link', 'set', link, 'up']);
  await execute('ip', ['-n', namespace, 'link', 'set', 'lo', 'up']);
  await execute('ip', ['-n', namespace, 'addr', 'add', `${nodeAddress}/24`, 'dev', 'eth0']);
  await execute('ip', ['-n', namespace, 'link', 'set', 'eth0', 'up']);
  await execute('ip', ['-n', namespace, 'route', 'add', 'default', 'via', hostAddress]);
  for (const range of [podRange, serviceRange])
    await execute('ip', ['route', 'add', range, 'via', nodeAddress, 'dev', link]);
  // Without the second, a pod that reaches another through a Service gets its answer past the address translation.
  await writeSetting(plan, 'net/ipv4/ip_forward', '1');
  await writeSetting(plan, 'net/bridge/bridge-nf-call-iptables', '1').catch(() => {});
}

/** Routes, bridge and iptables chains go with the namespace and the link. */
export async function removeNetwork({ namespace, link }: NodePlan): Promise<void> {
  await attempt('ip', ['link', 'del', link]);
  await attempt('ip', ['netns', 'del', namespace]);
}

async function writeSetting(plan: NodePlan, name: string, value: string): Promise<void> {
  const { command, args } = inNamespace(plan, 'sh', ['-c', `echo ${value} > /proc/sys/${name}`]);
  await execute(command, args);
}
