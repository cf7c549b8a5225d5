import { registryOf } from './node/plan.ts';
import { isAlive } from './process-identity.ts';
import { readState } from './state.ts';

export interface ClusterStatus {
  readonly running: boolean;
  readonly url?: string;
  readonly kubeconfig?: string;
  readonly components: Readonly<Record<string, { readonly pid: number; readonly alive: boolean }>>;
  readonly routes: readonly string[];
  readonly node?: { readonly name: string; readonly registry: string };
}

/** What is left of the cluster in a state folder. Running means: all its processes are. */
export async function clusterStatus(directory: string): Promise<ClusterStatus> {
  const state = await readState(directory);
  if (state === undefined) return { running: false, components: {}, routes: [] };
  const components = await Promise.all(
    Object.entries(state.processes).map(
      async ([name, identity]) => [name, { pid: identity.pid, alive: await isAlive(identity) }] as const,
    ),
  );
  return {
    running: components.length > 0 && components.every(([, { alive }]) => alive),
    url: state.url,
    kubeconfig: state.kubeconfigPath,
    components: Object.fromEntries(components),
    routes: state.routes,
    ...(state.node === undefined
      ? {}
      : { node: { name: state.node.nodeName, registry: registryOf(state.node) } }),
  };
}
