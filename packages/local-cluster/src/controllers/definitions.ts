import { definitionFinalizer } from '../api/deletion.ts';
import { fieldsAt, listAt, textAt, valueAt } from '../json.ts';
import { customResource } from '../resources/custom.ts';
import { resourceKey } from '../resources/resource.ts';
import type { Actor } from './actor.ts';
import { withCondition } from './pods.ts';
import type { Condition } from './shapes.ts';

const definitions = 'customresourcedefinitions.apiextensions.k8s.io';
const cleanupMilliseconds = 200;

/** Serves what a CustomResourceDefinition describes, says so in its conditions, and cleans up behind it. */
export function reconcileDefinition(actor: Actor, key: string): number | undefined {
  const definition = actor.get(definitions, key);
  if (!definition) return undefined;
  const resource = customResource(definition);
  const id = resourceKey(resource);
  if (definition.metadata.deletionTimestamp) {
    for (const object of actor.list(id)) if (!object.metadata.deletionTimestamp) actor.remove(id, object);
    if (actor.list(id).length > 0) return cleanupMilliseconds;
    actor.objects.registry.remove(id);
    actor.objects.store.drop(id);
    const finalizers = definition.metadata.finalizers?.filter((name) => name !== definitionFinalizer) ?? [];
    actor.update(definitions, definition, { metadata: { ...definition.metadata, finalizers } });
    return undefined;
  }
  actor.objects.registry.put(resource);
  const names = fieldsAt(definition, 'spec', 'names');
  const storage = textAt(
    listAt(definition, 'spec', 'versions').find((version) => valueAt(version, 'storage') === true),
    'name',
  );
  const accepted: Condition = {
    type: 'NamesAccepted',
    status: 'True',
    reason: 'NoConflicts',
    message: 'no conflicts found',
  };
  const established: Condition = {
    type: 'Established',
    status: 'True',
    reason: 'InitialNamesAccepted',
    message: 'the initial names have been accepted',
  };
  const known = listAt(definition, 'status', 'conditions') as Condition[];
  const conditions = withCondition(withCondition(known, accepted, actor.time), established, actor.time);
  const acceptedNames = { ...names, listKind: resource.listKind, singular: resource.singular };
  actor.status(definitions, definition, { conditions, acceptedNames, storedVersions: [storage] });
  return undefined;
}
