import type { Change, KubeObject } from '@kaito-ts/kube-runtime';

/**
 * Which parts of a cached object an update changed, such as `status` and `metadata.labels`; a new version alone is none. A
 * cache keeps equal parts of two versions as one object, so this compares nothing but references.
 */
export function changedParts(change: Extract<Change<KubeObject>, { type: 'updated' }>): readonly string[] {
  const { metadata: before, ...earlier } = change.previous;
  const { metadata: after, ...later } = change.object;
  return [
    ...different(earlier, later),
    ...different(before, after)
      .filter((name) => name !== 'resourceVersion')
      .map((name) => `metadata.${name}`),
  ];
}

/** False for an update of nothing that the cache keeps: others write into the objects, too. */
export function bringsNews(change: Change<KubeObject>): boolean {
  return change.type !== 'updated' || changedParts(change).length > 0;
}

/** True for an update of at most this part. */
export function changesOnly(part: string, change: Change<KubeObject>): boolean {
  return change.type === 'updated' && changedParts(change).every((changed) => changed === part);
}

function different(before: object, after: object): readonly string[] {
  const [old, fresh] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  const names = new Set([...old.keys(), ...fresh.keys()]);
  return [...names].filter((name) => old.get(name) !== fresh.get(name));
}
