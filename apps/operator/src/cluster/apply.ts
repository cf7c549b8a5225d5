import type { KubeClient, KubeObject, ResourceKind } from '@kaito-ts/kube-runtime';
import type { WorkspaceStatus } from '@kaito-ts/api-types';
import type { InferenceObject } from '@kaito-ts/manifest-builder';
import type { WorkspaceObject } from '../plan/observation.ts';
import type { ObjectName, OrderedObject, Step } from '../plan/plan-value.ts';
import type { OwnWrites } from './own-writes.ts';
import { apiVersionOf, ignoreNotFound, isAlreadyExists, kinds } from '@kaito-ts/kube-runtime';
import { nodeClaimKind, nodePoolKind } from '../provisioner/karpenter-objects.ts';
import { isSomethingLeft } from './bought.ts';
import { claimedFields } from './claimed-fields.ts';
import { fieldManager, workspaceKind } from './kinds.ts';

const kindByName: Readonly<Record<ObjectName['kind'], ResourceKind>> = {
  Deployment: kinds.deployments,
  StatefulSet: kinds.statefulSets,
  Service: kinds.services,
  Pod: kinds.pods,
  NodePool: nodePoolKind,
  NodeClaim: nodeClaimKind,
};

/** Only these stay for long after they were deleted. */
function isOrdered(kind: ObjectName['kind']): boolean {
  return kind === 'NodePool' || kind === 'NodeClaim';
}

export interface Writer {
  /** Does one step of a plan. */
  step(workspace: WorkspaceObject, step: Step, signal: AbortSignal): Promise<void>;
  /** Writes the status if it differs from what is stored; true when it did. */
  status(workspace: WorkspaceObject, status: WorkspaceStatus, signal: AbortSignal): Promise<boolean>;
}

/** The only place that writes. */
export function createWriter(client: KubeClient, ownWrites: OwnWrites): Writer {
  async function step(workspace: WorkspaceObject, wanted: Step, signal: AbortSignal): Promise<void> {
    switch (wanted.kind) {
      case 'apply':
        return wanted.isNew === true
          ? createNew(wanted.object, signal)
          : applyObject(wanted.object.kind, wanted.object, signal);
      case 'annotate': {
        const { kind, ...metadata } = wanted.object;
        return applyObject(kind, { metadata: { ...metadata, annotations: wanted.annotations } }, signal);
      }
      case 'claimFields':
        return claim(wanted, signal);
      case 'delete': {
        const preconditions = wanted.uid === '' ? {} : { preconditions: { uid: wanted.uid } };
        await ignoreNotFound(
          client.delete(kindByName[wanted.object.kind], wanted.object, { ...preconditions, signal }),
        );
        if (isOrdered(wanted.object.kind)) ownWrites.noteDeletion(wanted.uid);
        return;
      }
      case 'create':
        return createObject(wanted.object, signal);
      case 'scale':
        return scale(wanted, signal);
      case 'holdFinalizer':
        return holdFinalizer(workspace, wanted.finalizer, signal);
      case 'releaseFinalizer':
        if (await isSomethingLeft(client, { workspace, kinds: wanted.unlessLeft ?? [], signal })) return;
        return releaseFinalizer(workspace, wanted.finalizer, signal);
    }
  }

  async function applyObject(
    kindName: ObjectName['kind'],
    object: KubeObject,
    signal: AbortSignal,
  ): Promise<void> {
    const kind = kindByName[kindName];
    const typed = {
      apiVersion: apiVersionOf(kind),
      kind: kindName,
      ...object,
    };
    const stored = await client.apply(kind, typed, {
      fieldManager,
      force: true,
      signal,
    });
    ownWrites.note(kindName, stored);
  }

  /** Strict as an apply is: an unknown field is an error, not left out. One that is there meanwhile will be in the cache. */
  async function createNew(object: InferenceObject, signal: AbortSignal): Promise<void> {
    const kind: ResourceKind = kindByName[object.kind];
    const stored = await client.create(kind, object, { fieldManager, fieldValidation: 'Strict', signal });
    ownWrites.note(object.kind, stored);
  }

  /** One that is there already was made by an earlier try: the watch will bring it. */
  async function createObject(object: OrderedObject, signal: AbortSignal): Promise<void> {
    try {
      const kind: ResourceKind = kindByName[object.kind];
      ownWrites.note(object.kind, await client.create(kind, object, { fieldManager, signal }));
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  }

  async function scale(
    { object, replicas, resourceVersion }: Extract<Step, { kind: 'scale' }>,
    signal: AbortSignal,
  ): Promise<void> {
    const value = { metadata: { resourceVersion }, spec: { replicas } };
    const patch = { type: 'merge', value } as const;
    const stored = await client.patch(kindByName[object.kind], object, patch, { fieldManager, signal });
    ownWrites.note(object.kind, stored);
  }

  async function holdFinalizer(
    workspace: WorkspaceObject,
    finalizer: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { resourceVersion, finalizers = [] } = workspace.metadata;
    const value = { metadata: { resourceVersion, finalizers: [...finalizers, finalizer] } };
    const patch = { type: 'merge', value } as const;
    const stored = await client.patch(workspaceKind, workspace.metadata, patch, { fieldManager, signal });
    ownWrites.note('Workspace', stored);
  }

  /** The one read beside the watches: caches do not keep managedFields. It happens once in an object's life. */
  async function claim(
    { object, of }: Extract<Step, { kind: 'claimFields' }>,
    signal: AbortSignal,
  ): Promise<void> {
    const kind = kindByName[object.kind];
    const live = await ignoreNotFound(client.get(kind, object, { signal }));
    const operations = live === undefined ? [] : claimedFields(live, fieldManager, of);
    if (operations.length > 0)
      await client.patch(kind, object, { type: 'json', operations }, { fieldManager, signal });
  }

  async function releaseFinalizer(
    workspace: WorkspaceObject,
    finalizer: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { resourceVersion, finalizers = [] } = workspace.metadata;
    const value = {
      metadata: { resourceVersion, finalizers: finalizers.filter((name) => name !== finalizer) },
    };
    await ignoreNotFound(
      client.patch(workspaceKind, workspace.metadata, { type: 'merge', value }, { fieldManager, signal }),
    );
  }

  async function status(
    workspace: WorkspaceObject,
    wanted: WorkspaceStatus,
    signal: AbortSignal,
  ): Promise<boolean> {
    const stored = (workspace.status ?? {}) as WorkspaceStatus;
    const fields = changedFields(stored, wanted);
    if (Object.keys(fields).length === 0) return false;
    // The uid keeps the status of a deleted Workspace out of its successor of the same name.
    const value = { metadata: { uid: workspace.metadata.uid }, status: fields };
    const patch = { type: 'merge', value } as const;
    const written = await ignoreNotFound(
      client.patchStatus(workspaceKind, workspace.metadata, patch, { fieldManager, signal }),
    );
    if (written !== undefined) ownWrites.note('Workspace', written);
    return true;
  }

  return { step, status };
}

/** As a merge patch: null takes a field away. */
function changedFields(stored: WorkspaceStatus, wanted: WorkspaceStatus): Readonly<Record<string, unknown>> {
  const before = stored as Readonly<Record<string, unknown>>;
  const after = wanted as Readonly<Record<string, unknown>>;
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const changed = names.filter((name) => canonical(before[name]) !== canonical(after[name]));
  return Object.fromEntries(changed.map((name) => [name, after[name] ?? null]));
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([left], [right]) => (left < right ? -1 : 1)))
      : item,
  );
}
