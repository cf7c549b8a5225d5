import { setTimeout as delay } from 'node:timers/promises';
import { workspaces, type StoredWorkspace } from '@kaito-ts/cli';
import { ignoreNotFound, kinds, type KubeClient, type Pod, type ResourceKind } from '@kaito-ts/kube-runtime';
import type { Ground } from './ground.ts';
import { createKwokNode, isNodeReady, type KwokNodeOptions } from './kwok-node.ts';
import { processesOfPod, type PodProcess } from './pod-processes.ts';
import type { Sighting } from './sightings.ts';
import { aWorkspace, type WorkspaceOverrides } from './workspace-builder.ts';

const fieldManager = 'faults';

/** One fault's own place: a namespace that enforces the restricted Pod Security level, with one Workspace in it. */
export interface Scene {
  readonly ground: Ground;
  readonly client: KubeClient;
  readonly namespace: string;
  /** The Workspace's name, which is also its workload's. */
  readonly name: string;
  /** Whether the Workspace, as last applied, serves a model; otherwise a template's container answers somehow. */
  readonly servesModel: boolean;
  /** Creates the Workspace or changes it. */
  apply(overrides?: WorkspaceOverrides): Promise<void>;
  put(kind: ResourceKind, object: NamedFields): Promise<void>;
  remove(kind: ResourceKind, name: string): Promise<void>;
  configMap(text: string, key?: string): Promise<void>;
  pods(): Promise<readonly Pod[]>;
  /** Pods are made anew, as a person does who does not want to wait. */
  deletePods(): Promise<void>;
  /** A process of the Workspace's pod whose command line matches, once it is there. */
  process(pattern: RegExp): Promise<PodProcess>;
  until<T>(what: string, look: () => Promise<T | undefined | false>, seconds?: number): Promise<T>;
  /** A node that kwok plays and only this scene's Workspace selects. */
  kwokNode(options?: KwokNodeOptions): Promise<string>;
  sightings(): readonly Sighting[];
  /** Ends what a fault began outside of the cluster, whatever becomes of the fault. */
  atEnd(work: () => void): void;
  /** Leaves the namespace to be deleted. */
  close(): Promise<void>;
}

/** Any object; the API server checks its fields. */
export interface NamedFields {
  readonly metadata: { readonly name: string };
  readonly [field: string]: unknown;
}

/** Of the scene of a fault with that name. */
export function namespaceOf(title: string): string {
  return `fault-${title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`;
}

export async function openScene(ground: Ground, title: string): Promise<Scene> {
  const { client } = ground;
  const namespace = namespaceOf(title);
  const name = 'model';
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await client.create(kinds.namespaces, { metadata: { name: namespace, labels } });
  let nodes = 0;
  let servesModel = false;
  const ending = new DisposableStack();

  const scene: Scene = {
    ground,
    client,
    namespace,
    name,
    get servesModel() {
      return servesModel;
    },
    apply: async (overrides = {}) => {
      servesModel = overrides.template === undefined;
      const place = { namespace, name, nodeName: ground.cluster.node?.name ?? '' };
      await client.apply<StoredWorkspace>(workspaces, aWorkspace(place, overrides), {
        fieldManager,
        force: true,
      });
    },
    put: async (kind, object) => {
      const metadata = kind.namespaced ? { namespace, ...object.metadata } : object.metadata;
      await client.apply(kind, Object.assign({}, object, { metadata }), { fieldManager, force: true });
    },
    remove: (kind, objectName) =>
      client.delete(kind, { ...(kind.namespaced && { namespace }), name: objectName }),
    configMap: (text, key = 'inference_config.yaml') =>
      scene.put(kinds.configMaps, { metadata: { name: 'settings' }, data: { [key]: text } }),
    pods: async () => (await client.list(kinds.pods, { namespace })).items,
    deletePods: async () => {
      for (const { metadata } of await scene.pods())
        await ignoreNotFound(client.delete(kinds.pods, metadata, { gracePeriodSeconds: 0 }));
    },
    process: (pattern) =>
      scene.until(`a process ${pattern.source}`, async () => {
        const alive = (await scene.pods()).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
        const found = await Promise.all(alive.map(({ metadata }) => processesOfPod(metadata.uid ?? '')));
        return found.flat().find(({ commandLine }) => pattern.test(commandLine));
      }),
    until: async (what, look, seconds = 60) => {
      const end = performance.now() + seconds * 1000;
      for (;;) {
        const seen = await look();
        if (seen !== undefined && seen !== false) return seen;
        if (performance.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
        await delay(200);
      }
    },
    kwokNode: async (options) => {
      const nodeName = `${namespace}-${++nodes}`;
      await createKwokNode(client, { name: nodeName, group: namespace }, options);
      await scene.until(`${nodeName} is ready`, () => isNodeReady(client, nodeName));
      return nodeName;
    },
    sightings: () => ground.sightings.of(namespace),
    atEnd: (work) => ending.defer(work),
    close: async () => {
      ending.dispose();
      if (process.env['KAITO_TEST_KEEP'] === undefined)
        await client.delete(kinds.namespaces, { name: namespace });
    },
  };
  await scene.until('the default service account', async () =>
    client.get(kinds.serviceAccounts, { namespace, name: 'default' }).catch(() => undefined),
  );
  return scene;
}
