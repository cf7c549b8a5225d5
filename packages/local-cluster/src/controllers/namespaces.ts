import { fieldsAt } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import type { Actor } from './actor.ts';

/** Empties a namespace that is being deleted, then lets it go. */
export function reconcileNamespace(actor: Actor, namespace: KubeObject): void {
  if (!namespace.metadata.deletionTimestamp) return;
  const terminating = actor.status(namespace, { phase: 'Terminating' });
  const kinds = actor.objects.registry.all().filter(({ namespaced }) => namespaced);
  const held = kinds.filter(({ key }) => !actor.clear(key, namespace.metadata.name));
  if (held.length > 0) return;
  actor.update(terminating, { spec: { ...fieldsAt(namespace, 'spec'), finalizers: [] } });
}
