import type {
  Cache,
  ConfigMap,
  Deployment,
  KubeClient,
  Logger,
  Node,
  Pod,
  Service,
  StatefulSet,
} from '@kaito-ts/kube-runtime';
import type { WorkspaceObject } from '../plan/observation.ts';
import { labels } from '@kaito-ts/api-types';
import { kinds, Reflector } from '@kaito-ts/kube-runtime';
import { modelRecordsConfigMap, ownOperations, workspaceKind } from './kinds.ts';
import {
  longerThanAnyWatch,
  awaitedForAWhile,
  podUids,
  podWarningSelector,
  slimPodEvent,
  type PodEvent,
} from './pod-warnings.ts';
import type { ProvisionerWatches } from './provisioner-watches.ts';
import { slimConfigMap, slimNode, slimOwned, slimPod } from './slimming.ts';

/** Everything the operator reads; after the first list nothing but these watches reads from the API server. */
export interface Watches {
  readonly workspaces: Reflector<WorkspaceObject, 'config'>;
  readonly deployments: Reflector<Deployment>;
  readonly statefulSets: Reflector<StatefulSet>;
  readonly services: Reflector<Service>;
  readonly pods: Reflector<Pod, 'workspace' | 'node'>;
  readonly nodes: Reflector<Node>;
  readonly podWarnings: Reflector<PodEvent, 'pod'>;
  readonly configMaps: Reflector<ConfigMap>;
  readonly modelRecords: Reflector<ConfigMap>;
  /** Undefined where nodes are not bought. */
  readonly provisioner: ProvisionerWatches | undefined;
  readonly all: readonly Cache[];
}

export interface WatchOptions {
  readonly client: KubeClient;
  readonly logger: Logger;
  /** Where the operator's own ConfigMaps are. */
  readonly operatorNamespace: string;
  /** Absent: all namespaces. */
  readonly watchNamespace: string | undefined;
  /** Undefined where nodes are not bought. */
  readonly provisioner?: ProvisionerWatches | undefined;
}

export function createWatches(options: WatchOptions): Watches {
  const { client, logger, operatorNamespace, watchNamespace, provisioner } = options;
  const scoped = { client, logger, ...(watchNamespace !== undefined && { namespace: watchNamespace }) };
  const owned = { ...scoped, keepManagedFields: ownOperations };
  const watches = {
    workspaces: new Reflector({ ...scoped, kind: workspaceKind, indexes: { config: configKeys } }),
    deployments: new Reflector({ ...owned, kind: kinds.deployments, transform: slimOwned }),
    statefulSets: new Reflector({ ...owned, kind: kinds.statefulSets, transform: slimOwned }),
    services: new Reflector({ ...owned, kind: kinds.services, transform: slimOwned }),
    pods: new Reflector({
      ...scoped,
      kind: kinds.pods,
      labelSelector: labels.workspace,
      transform: slimPod,
      indexes: { workspace: workspaceKeys, node: nodeNames },
    }),
    nodes: new Reflector({ client, logger, kind: kinds.nodes, transform: slimNode }),
    podWarnings: new Reflector<PodEvent, 'pod'>({
      ...scoped,
      kind: kinds.coreEvents,
      fieldSelector: podWarningSelector,
      idleTimeoutMilliseconds: longerThanAnyWatch,
      transform: slimPodEvent,
      indexes: { pod: podUids },
    }),
    configMaps: new Reflector({ ...scoped, kind: kinds.configMaps, transform: slimConfigMap }),
    modelRecords: new Reflector({
      client,
      logger,
      kind: kinds.configMaps,
      namespace: operatorNamespace,
      fieldSelector: `metadata.name=${modelRecordsConfigMap}`,
    }),
  };
  const { podWarnings, ...needed } = watches;
  const all = [...Object.values(needed), awaitedForAWhile(podWarnings), ...(provisioner?.caches ?? [])];
  return { ...watches, provisioner, all };
}

interface Inference {
  readonly config?: string;
}

/** Key of the ConfigMap that a Workspace names. */
function configKeys(workspace: WorkspaceObject): readonly string[] {
  const config = configNameOf(workspace);
  return config === undefined ? [] : [`${workspace.metadata.namespace}/${config}`];
}

export function configNameOf(workspace: WorkspaceObject): string | undefined {
  return (workspace as { readonly inference?: Inference }).inference?.config || undefined;
}

function workspaceKeys({ metadata }: Pod): readonly string[] {
  return [`${metadata.namespace}/${metadata.labels?.[labels.workspace]}`];
}

function nodeNames({ spec }: Pod): readonly string[] {
  return spec?.nodeName === undefined ? [] : [spec.nodeName];
}
