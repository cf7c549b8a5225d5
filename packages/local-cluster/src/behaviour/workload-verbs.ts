import { fieldsAt, listAt, valueAt, type Fields } from '../json.ts';
import { eventually } from './connection.ts';
import { ok, type Context } from './context.ts';

export const template = (image: string, extra: Fields = {}): Fields => ({
  metadata: { labels: { app: 'w' } },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'c', image, ports: [{ containerPort: 8080, name: 'http' }] }],
    nodeSelector: { behaviour: 'yes' },
    ...extra,
  },
});

export function workload(name: string, spec: Fields): Fields {
  return { metadata: { name }, spec: { selector: { matchLabels: { app: 'w' } }, ...spec } };
}

export async function pods({ api, path }: Context): Promise<readonly Fields[]> {
  return listAt(ok(await api.get(path('pods'))), 'items') as readonly Fields[];
}

export function condition(object: unknown, type: string): Fields {
  return fieldsAt(
    { found: listAt(object, 'status', 'conditions').find((c) => valueAt(c, 'type') === type) },
    'found',
  );
}

export async function deploymentUntil(
  { api, path }: Context,
  what: string,
  test: (object: Fields) => boolean,
): Promise<Fields> {
  return eventually(what, async () => {
    const object = ok(await api.get(path('deployments', 'd')));
    return test(object) && object;
  });
}

export function isComplete(object: Fields): boolean {
  const status = fieldsAt(object, 'status');
  const wanted = valueAt(object, 'spec', 'replicas');
  const counts = ['replicas', 'updatedReplicas', 'availableReplicas'].map((name) => status[name]);
  return (
    status['observedGeneration'] === valueAt(object, 'metadata', 'generation') &&
    counts.every((count) => count === wanted)
  );
}
