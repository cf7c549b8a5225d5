import { join } from 'node:path';
import type { BinariesOptions } from '../binaries.ts';
import { ensureBinary } from '../binaries.ts';
import { nodeFiles } from './node-files.ts';
import { inNamespace, type NodePlan } from './plan.ts';

/** In start order. */
export const nodeComponentNames = ['registry', 'containerd', 'kubelet', 'kube-proxy'] as const;
export type NodeComponentName = (typeof nodeComponentNames)[number];

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
}

export interface NodeCommandOptions extends BinariesOptions {
  readonly plan: NodePlan;
  readonly kubeconfigPath: string;
}

/** What each of the node's processes is started with. */
export async function nodeCommand(name: NodeComponentName, options: NodeCommandOptions): Promise<Command> {
  const { plan, kubeconfigPath } = options;
  const { directory, nodeName, nodeAddress } = plan;
  const file = (key: keyof typeof nodeFiles): string => join(directory, nodeFiles[key]);
  if (name === 'registry') return { command: 'docker-registry', args: ['serve', file('registry')] };
  if (name === 'containerd') return inNamespace(plan, 'containerd', ['-c', file('containerd')]);
  if (name === 'kubelet')
    return inNamespace(plan, await ensureBinary('kubelet', options), [
      `--config=${file('kubelet')}`,
      `--kubeconfig=${kubeconfigPath}`,
      `--root-dir=${join(directory, 'kubelet')}`,
      `--cert-dir=${join(directory, 'certs')}`,
      `--hostname-override=${nodeName}`,
      `--node-ip=${nodeAddress}`,
      '--v=2',
    ]);
  return inNamespace(plan, await ensureBinary('kube-proxy', options), [`--config=${file('kubeProxy')}`]);
}
