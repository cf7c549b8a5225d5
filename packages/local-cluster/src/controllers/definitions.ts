import { definitionFinalizer } from '../api/deletion.ts';
import { fieldsAt } from '../json.ts';
import { customResource } from '../resources/custom.ts';
import { resourceKey } from '../resources/resource.ts';
import type { Actor } from './actor.ts';
import { withCondition } from './pods.ts';
import type { Condition } from './shapes.ts';

const definitions = 'customresourcedefinitions.apiextensions.k8s.io';
const cleanupMilliseconds = 200;
const accepted: readonly Condition[] = [
  { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' },
  {
    type: 'Established',
    status: 'True',
    reason: 'InitialNamesAccepted',
    message: 'the initial names have been accepted',
  },
];

/** Serves what a CustomResourceDefinition describes, says so in its conditions, and cleans up behind it. */
export function reconcileDefinition(actor: Actor, key: string): number | undefined {
  const definition = actor.get(definitions, key);
  if (!definition) return undefined;
  const resource = customResource(definition);
  const id = resourceKey(resource);
  const { registry, store } = actor.objects;
  if (definition.metadata.deletionTimestamp) {
    for (const object of actor.list(id)) if (!object.metadata.deletionTimestamp) actor.remove(id, object);
    if (actor.list(id).length > 0) return cleanupMilliseconds;
    registry.remove(id);
    store.drop(id);
    const finalizers = definition.metadata.finalizers?.filter((name) => name !== definitionFinalizer) ?? [];
    actor.update(definitions, definition, { metadata: { ...definition.metadata, finalizers } });
    return undefined;
  }
  registry.put(resource);
  const { listKind, singular, storageVersion } = resource;
  const known = fieldsAt(definition, 'status')['conditions'] as readonly Condition[] | undefined;
  actor.status(definitions, definition, {
    conditions: accepted.reduce((list, next) => withCondition(list, next, actor.time), known ?? []),
    acceptedNames: { ...fieldsAt(definition, 'spec', 'names'), listKind, singular },
    storedVersions: [storageVersion],
  });
  return undefined;
}
