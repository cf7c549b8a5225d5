import { workspaces, type StoredWorkspace } from '@kaito-ts/cli';
import { Reflector, type KubeClient } from '@kaito-ts/kube-runtime';

/** One status of a Workspace as a watch saw it. */
export interface Sighting {
  readonly at: number;
  readonly ready: boolean;
  readonly first: FirstNotTrue | undefined;
}

export interface FirstNotTrue {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

export interface Sightings {
  /** Everything seen of the Workspaces of a namespace, oldest first. */
  of(namespace: string): readonly Sighting[];
  stop(): Promise<void>;
}

/** Watches every Workspace from now on, so that no status is missed, however short it stands. */
export async function watchSightings(client: KubeClient): Promise<Sightings> {
  const seen = new Map<string, Sighting[]>();
  const reflector = new Reflector<StoredWorkspace>({ client, kind: workspaces });
  reflector.onChange(({ type, object }) => {
    if (type === 'deleted') return;
    const { namespace = '' } = object.metadata;
    seen.set(namespace, [...(seen.get(namespace) ?? []), sight(object)]);
  });
  const end = new AbortController();
  const running = reflector.run(end.signal);
  await reflector.synced;
  return {
    of: (namespace) => seen.get(namespace) ?? [],
    stop: async () => {
      end.abort();
      await running;
    },
  };
}

function sight({ metadata, status }: StoredWorkspace): Sighting {
  const conditions = (status?.conditions ?? []).filter(
    ({ observedGeneration }) => observedGeneration === metadata.generation,
  );
  const whole = conditions.find(({ type }) => type === 'WorkspaceSucceeded');
  return {
    at: performance.now(),
    ready: whole?.status === 'True' || (status?.state === 'Ready' && conditions.length > 0),
    first: conditions.find((condition) => condition.status !== 'True'),
  };
}
