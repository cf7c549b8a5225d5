import type { Change, KubeObject, Node, WorkQueue } from '@kaito-ts/kube-runtime';
import type { Workspace } from '@kaito-ts/api-types';
import type { WorkspaceObject } from '../plan/observation.ts';
import type { OwnWrites } from './own-writes.ts';
import type { Watches } from './watches.ts';
import { labels, workspaceNames } from '@kaito-ts/api-types';
import { controllerOf, keyOf } from '@kaito-ts/kube-runtime';
import { nodeRequirementsOf } from '@kaito-ts/manifest-builder';
import { bringsNews, changesOnly } from './news.ts';
import { connectProvisioner } from './provisioner-triggers.ts';
import { ownersOf } from './bought.ts';
import { failedRequirement } from '../plan/node-matching.ts';

/** What comes of one step arrives as a handful of events; a round for each would find nothing new. */
const gatheringMilliseconds = 25;

/** Says which Workspaces a change concerns. Only keys are passed on: a round reads the state, not the event. */
export function connectTriggers(watches: Watches, ownWrites: OwnWrites, queue: WorkQueue): void {
  const { workspaces, deployments, statefulSets, services, pods, nodes, configMaps, podWarnings } = watches;
  const addSoon = (key: string): void => queue.addAfter(key, gatheringMilliseconds);
  workspaces.onChange((change) => {
    // The round that wrote our own status knew all of it; but after a pause that version may bring a user's edit, too.
    const echo = ownWrites.isLatest('Workspace', change.object) && changesOnly('status', change);
    ownWrites.seen('Workspace', change.object);
    if (!echo && bringsNews(change)) queue.add(keyOf(change.object), isAskedFor(change) ? 'urgent' : 'usual');
  });
  for (const reflector of [deployments, statefulSets, services]) {
    reflector.onChange((change: Change<KubeObject>) => {
      ownWrites.seen(reflector.kind.kind, change.object);
      if (!bringsNews(change)) return;
      for (const key of concerned(change.object, watches)) addSoon(key);
    });
  }
  pods.onChange((change) => {
    const { object } = change;
    const name = object.metadata.labels?.[labels.workspace];
    if (name !== undefined && bringsNews(change)) addSoon(`${object.metadata.namespace}/${name}`);
  });
  podWarnings.onChange(({ object: { involvedObject } }) => {
    const pod = pods.store.get(`${involvedObject?.namespace}/${involvedObject?.name}`);
    const name = pod?.metadata.labels?.[labels.workspace];
    if (name !== undefined) addSoon(`${involvedObject?.namespace}/${name}`);
  });
  nodes.onChange((change) => {
    for (const key of affectedByNode(change, watches)) addSoon(key);
  });
  if (watches.provisioner !== undefined)
    connectProvisioner(watches.provisioner, watches, { ownWrites, queue });
  configMaps.onChange(({ object }) => {
    for (const workspace of workspaces.store.byIndex('config', keyOf(object))) addSoon(keyOf(workspace));
  });
}

/** New, or changed by its user: a workload is waited for. Of many at once all get theirs before any gets the rest. */
function isAskedFor(change: Change<WorkspaceObject>): boolean {
  const { type, object } = change;
  if (type === 'updated') return change.previous.metadata.generation !== object.metadata.generation;
  return type === 'added' && object.status === undefined;
}

/** The owner, and whoever waits for the name to become free. */
function concerned(object: KubeObject, { workspaces }: Watches): readonly string[] {
  const { name, namespace } = object.metadata;
  const owner = controllerOf(object);
  const owning = owner?.kind === workspaceNames.kind ? [`${namespace}/${owner.name}`] : [];
  const named = [name, name.replace(/-headless$/, '')].map((candidate) => `${namespace}/${candidate}`);
  return [...new Set([...owning, ...named])].filter((key) => workspaces.store.get(key) !== undefined);
}

/** Nodes report themselves every few seconds; only what a survey reads counts, and only for Workspaces that may use it. */
function affectedByNode(change: Change<Node>, { workspaces, pods, provisioner }: Watches): readonly string[] {
  const versions = change.type === 'updated' ? [change.previous, change.object] : [change.object];
  if (!bringsNews(change)) return [];
  const { name } = change.object.metadata;
  const running = pods.store
    .byIndex('node', name)
    .map(({ metadata }) => `${metadata.namespace}/${metadata.labels?.[labels.workspace]}`);
  if (provisioner !== undefined) return [...new Set([...running, ...versions.flatMap(ownersOf)])];
  const mayUse = workspaces.store
    .list()
    .filter((workspace) => prefers(workspace, name) || versions.some((node) => selects(workspace, node)))
    .map(keyOf);
  return [...new Set([...running, ...mayUse])];
}

function selects(workspace: WorkspaceObject, node: Node): boolean {
  const { labelSelector } = resourceOf(workspace) ?? {};
  // Without the instance type: a node that it filters out changes what the message says.
  return (
    labelSelector === undefined ||
    failedRequirement(node, nodeRequirementsOf({ labelSelector })) === undefined
  );
}

function prefers(workspace: WorkspaceObject, node: string): boolean {
  return resourceOf(workspace)?.preferredNodes?.includes(node) === true;
}

function resourceOf(workspace: WorkspaceObject): Workspace['resource'] {
  return (workspace as Pick<Workspace, 'resource'>).resource;
}
