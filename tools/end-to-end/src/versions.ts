import { workspaces, type StoredWorkspace } from '@kaito-ts/cli';
import { Reflector } from '@kaito-ts/kube-runtime';
import type { Engine } from './engine.ts';
import { until } from './until.ts';

export interface AwaitedVersion {
  readonly name: string;
  readonly seconds: number;
  readonly what: () => string;
}

/**
 * Looks at the Workspace as it is now and at every version that the API server stores after that, until `look` returns
 * something other than undefined. A state that lasts for a moment would be missed by asking again and again.
 */
export async function untilVersion<T>(
  { client }: Engine,
  { name, seconds, what }: AwaitedVersion,
  look: (workspace: StoredWorkspace) => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const versions: StoredWorkspace[] = [];
  const fieldSelector = `metadata.name=${name}`;
  const reflector = new Reflector({ client, kind: workspaces, namespace: 'default', fieldSelector });
  reflector.onChange(({ type, object }) => {
    if (type !== 'deleted') versions.push(object);
  });
  const end = new AbortController();
  const following = reflector.run(end.signal);
  try {
    return await until(
      seconds,
      () => [what(), reflector.lastError].filter((words) => words !== undefined).join('; '),
      async () => {
        for (let version = versions.shift(); version !== undefined; version = versions.shift()) {
          const found = await look(version);
          if (found !== undefined) return found;
        }
        return undefined;
      },
    );
  } finally {
    end.abort();
    await following;
  }
}
