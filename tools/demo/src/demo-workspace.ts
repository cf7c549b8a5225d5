import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { load } from 'js-yaml';
import { workspaces, type StoredWorkspace } from '@kaito-ts/cli';
import type { Applied, KubeClient } from '@kaito-ts/kube-runtime';

const demo = { namespace: 'default', name: 'demo' };

/** Applies a file of examples/demo as `kubectl apply --server-side` would. */
export async function applyExample(client: KubeClient, file: string): Promise<void> {
  const path = fileURLToPath(new URL(`../../../examples/demo/${file}`, import.meta.url));
  const object = load(await readFile(path, 'utf8')) as Applied<StoredWorkspace>;
  await client.apply(
    workspaces,
    { ...object, metadata: { ...object.metadata, ...demo } },
    { fieldManager: 'kaito-demo', force: true },
  );
}

/** Edits one field of the stored Workspace, as `kubectl edit` would. */
export async function setStrength(client: KubeClient, strength: string): Promise<void> {
  await client.patch(workspaces, demo, {
    type: 'json',
    operations: [{ op: 'replace', path: '/inference/adapters/0/strength', value: strength }],
  });
}

export interface WaitOptions {
  readonly note: (message: string) => void;
  readonly signal: AbortSignal;
}

/** Returns once the Workspace as it is written now has answered; says on the way what it waits for, and why. */
export async function waitUntilReady(
  client: KubeClient,
  { note, signal }: WaitOptions,
): Promise<StoredWorkspace> {
  let said = '';
  for (;;) {
    const workspace = await client.get(workspaces, demo, { signal });
    if (isReady(workspace)) return workspace;
    const waitingFor = describe(workspace);
    if (waitingFor !== said) note(`  waiting: ${waitingFor}`);
    said = waitingFor;
    await nextChange(client, workspace, signal);
  }
}

function isReady({ metadata, status }: StoredWorkspace): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'WorkspaceSucceeded');
  return ready?.status === 'True' && ready.observedGeneration === metadata.generation;
}

function describe({ metadata, status }: StoredWorkspace): string {
  const current = status?.conditions?.filter(
    ({ observedGeneration }) => observedGeneration === metadata.generation,
  );
  const first = current?.find(({ status: value }) => value !== 'True');
  return first === undefined
    ? 'the operator has not looked at this version yet'
    : `${first.reason}: ${first.message}`;
}

async function nextChange(
  client: KubeClient,
  { metadata }: StoredWorkspace,
  signal: AbortSignal,
): Promise<void> {
  const options = {
    namespace: demo.namespace,
    fieldSelector: `metadata.name=${demo.name}`,
    ...(metadata.resourceVersion === undefined ? {} : { resourceVersion: metadata.resourceVersion }),
    timeoutSeconds: 30,
    signal,
  };
  for await (const event of client.watch(workspaces, options)) if (event.type !== 'BOOKMARK') return;
}
