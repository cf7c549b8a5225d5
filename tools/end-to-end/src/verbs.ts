import { expect } from 'vitest';
import { workspaces, type StoredWorkspace } from '@kaito-ts/cli';
import { ignoreNotFound, kinds, type Applied, type Pod } from '@kaito-ts/kube-runtime';
import { urlOf } from './endpoint.ts';
import type { Engine } from './engine.ts';
import { patienceSeconds, until } from './until.ts';
import { untilVersion } from './versions.ts';

const namespace = 'default';

export async function apply(engine: Engine, workspace: Applied<StoredWorkspace>): Promise<StoredWorkspace> {
  return engine.client.apply(workspaces, workspace, { fieldManager: 'e2e', force: true });
}

export async function getWorkspace(engine: Engine, name: string): Promise<StoredWorkspace> {
  return engine.client.get(workspaces, { namespace, name });
}

/** Deletes the Workspace, if it is there, and waits until it and its pods are gone. */
export async function deleteWorkspace(engine: Engine, name: string): Promise<void> {
  await ignoreNotFound(engine.client.delete(workspaces, { namespace, name }));
  let left: readonly string[] = [];
  await until(
    patienceSeconds,
    () => `${name} is gone; left: ${left.join(', ')}`,
    async () => {
      const [workspace, pods] = await Promise.all([
        ignoreNotFound(engine.client.get(workspaces, { namespace, name })),
        podsOf(engine, name),
      ]);
      const finalizers = workspace?.metadata.finalizers ?? [];
      left = [
        ...(workspace === undefined ? [] : [`Workspace (finalizers: ${finalizers.join(', ')})`]),
        ...pods.map(({ metadata, status }) => `Pod ${metadata.name} ${status?.phase}`),
      ];
      return left.length === 0;
    },
  );
}

export async function podsOf(engine: Engine, name: string): Promise<readonly Pod[]> {
  const labelSelector = `kaito.sh/workspace=${name}`;
  return (await engine.client.list(kinds.pods, { namespace, labelSelector })).items;
}

/** The pod that is left when those of earlier revisions are gone. */
export async function onlyPodOf(engine: Engine, name: string): Promise<Pod> {
  let pods: readonly Pod[] = [];
  return until(
    patienceSeconds,
    () => `${name} has one pod; it has ${pods.map(({ metadata }) => metadata.name).join(', ')}`,
    async () => {
      pods = await podsOf(engine, name);
      return pods.length === 1 && pods[0];
    },
  );
}

/** The Workspace as written now has answered a request. */
export async function expectReady(engine: Engine, name: string): Promise<StoredWorkspace> {
  let last: StoredWorkspace | undefined;
  const what = (): string => `${name} is ready; ${describeStatus(last)}`;
  return untilVersion(engine, { name, seconds: engine.readySeconds, what }, (workspace) => {
    last = workspace;
    return isReady(workspace) ? workspace : undefined;
  });
}

export interface ExpectedCause {
  readonly type: string;
  readonly reason: string;
  readonly message?: RegExp;
}

/** The condition is False for this cause, and no condition before it is not True for another. */
export async function expectCause(
  engine: Engine,
  name: string,
  cause: ExpectedCause,
): Promise<StoredWorkspace> {
  let last: StoredWorkspace | undefined;
  const what = (): string => `${name} says ${JSON.stringify(cause.reason)}; ${describeStatus(last)}`;
  return untilVersion(engine, { name, seconds: engine.readySeconds, what }, (workspace) => {
    last = workspace;
    const first = firstNotTrue(workspace);
    const named = workspace.status?.conditions?.find(({ type }) => type === cause.type);
    const matches =
      first?.reason === cause.reason &&
      named?.status === 'False' &&
      named.reason === cause.reason &&
      (cause.message?.test(named.message) ?? true);
    return matches ? workspace : undefined;
  });
}

export function isReady({ metadata, status }: StoredWorkspace): boolean {
  const condition = status?.conditions?.find(({ type }) => type === 'WorkspaceSucceeded');
  return condition?.status === 'True' && condition.observedGeneration === metadata.generation;
}

export function firstNotTrue({
  metadata,
  status,
}: StoredWorkspace): NonNullable<NonNullable<StoredWorkspace['status']>['conditions']>[number] | undefined {
  return status?.conditions?.find(
    (condition) => condition.status !== 'True' && condition.observedGeneration === metadata.generation,
  );
}

export interface AskOptions {
  readonly model?: string;
  readonly question?: string;
}

/** Asks a ready pod through the launcher's port, as the Service would lead a request. */
export async function ask(engine: Engine, name: string, options: AskOptions = {}): Promise<string> {
  const { model, question = 'Hello' } = options;
  const response = await fetch(`${await urlOf(engine, name)}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    signal: AbortSignal.timeout(patienceSeconds * 1000),
    body: JSON.stringify({
      ...(model === undefined ? {} : { model }),
      messages: [{ role: 'user', content: question }],
      temperature: 0,
      max_tokens: 120,
    }),
  });
  const text = await response.text();
  expect(response.status, text).toBe(200);
  const answer = JSON.parse(text) as { choices: readonly { message: { content: string } }[] };
  return answer.choices[0]?.message.content ?? '';
}

export function describeStatus(workspace: StoredWorkspace | undefined): string {
  const conditions = workspace?.status?.conditions ?? [];
  return `last seen at generation ${workspace?.metadata.generation}: ${JSON.stringify(conditions, null, 1)}`;
}
