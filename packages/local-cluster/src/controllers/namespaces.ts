import { fieldsAt } from '../json.ts';
import { resourceKey } from '../resources/resource.ts';
import type { Actor } from './actor.ts';

const emptyCheckMilliseconds = 500;

/** Empties a namespace that is being deleted, then lets it go. */
export function reconcileNamespace(actor: Actor, key: string): number | undefined {
  const namespace = actor.get('namespaces', key);
  if (!namespace?.metadata.deletionTimestamp) return undefined;
  const ids = actor.objects.registry.all().filter(({ namespaced }) => namespaced);
  let left = 0;
  for (const id of ids.map(resourceKey)) {
    for (const object of actor.list(id, namespace.metadata.name))
      if (object.metadata.deletionTimestamp === undefined) actor.remove(id, object);
    left += actor.list(id, namespace.metadata.name).length;
  }
  if (left > 0) return emptyCheckMilliseconds;
  actor.update('namespaces', namespace, { spec: { ...fieldsAt(namespace, 'spec'), finalizers: [] } });
  return undefined;
}
