import { definitionFinalizer } from '../api/deletion.ts';
import { listAt, textAt, valueAt } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import type { Actor } from './actor.ts';
import { withCondition } from './pods.ts';
import type { Condition } from './shapes.ts';

const accepted: readonly Condition[] = [
  { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' },
  { type: 'Established', status: 'True', reason: 'InitialNamesAccepted', message: 'the names are accepted' },
];

/** Says in its conditions that what a CustomResourceDefinition describes is served; cleans up behind it. */
export function reconcileDefinition(actor: Actor, definition: KubeObject): void {
  const { metadata } = definition;
  if (metadata.deletionTimestamp) {
    if (!actor.clear(metadata.name)) return;
    const finalizers = metadata.finalizers?.filter((name) => name !== definitionFinalizer) ?? [];
    actor.update(definition, { metadata: { ...metadata, finalizers } });
    return;
  }
  const known = listAt(definition, 'status', 'conditions') as readonly Condition[];
  const stored = listAt(definition, 'spec', 'versions').find(
    (version) => valueAt(version, 'storage') === true,
  );
  actor.status(definition, {
    conditions: accepted.reduce((list, next) => withCondition(list, next, actor.time), [...known]),
    storedVersions: [textAt(stored, 'name')],
  });
}
