import { fieldsAt } from '../json.ts';
import type { Actor } from './actor.ts';

const emptyCheckMilliseconds = 500;

/** Empties a namespace that is being deleted, then lets it go. */
export function reconcileNamespace(actor: Actor, key: string): number | undefined {
  const namespace = actor.get('namespaces', key);
  if (!namespace?.metadata.deletionTimestamp) return undefined;
  let left = 0;
  for (const resource of actor.objects.registry.all()) {
    if (!resource.namespaced) continue;
    const id = resource.group ? `${resource.plural}.${resource.group}` : resource.plural;
    for (const object of actor.list(id, namespace.metadata.name)) {
      if (object.metadata.deletionTimestamp === undefined) actor.remove(id, object);
      left += actor.get(id, `${namespace.metadata.name}/${object.metadata.name}`) ? 1 : 0;
    }
  }
  if (left > 0) return emptyCheckMilliseconds;
  actor.update('namespaces', namespace, { spec: { ...fieldsAt(namespace, 'spec'), finalizers: [] } });
  return undefined;
}
