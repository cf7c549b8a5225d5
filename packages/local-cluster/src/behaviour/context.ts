import { strict as assert } from 'node:assert';
import { listAt, textAt, type Fields } from '../json.ts';
import { reasonOf, type Answer, type Connection } from './connection.ts';

/** What a behaviour gets: a connection and a namespace of its own. */
export interface Context {
  readonly api: Connection;
  readonly namespace: string;
  readonly path: (resource: string, name?: string) => string;
}

/** One thing that an API server does; fails by throwing. */
export interface Behaviour {
  readonly name: string;
  readonly check: (context: Context) => Promise<void>;
}

const roots: Readonly<Record<string, string>> = {
  deployments: '/apis/apps/v1',
  replicasets: '/apis/apps/v1',
  statefulsets: '/apis/apps/v1',
  jobs: '/apis/batch/v1',
  leases: '/apis/coordination.k8s.io/v1',
  endpointslices: '/apis/discovery.k8s.io/v1',
  widgets: '/apis/behaviour.test/v1beta1',
};

let counter = 0;

export async function inNamespace(api: Connection, run: (context: Context) => Promise<void>): Promise<void> {
  const namespace = `behaviour-${Date.now().toString(36)}-${counter++}`;
  ok(await api.post('/api/v1/namespaces', { metadata: { name: namespace } }), 201);
  const path = (resource: string, name?: string): string =>
    [roots[resource] ?? '/api/v1', 'namespaces', namespace, resource, ...(name ? [name] : [])].join('/');
  try {
    await run({ api, namespace, path });
  } finally {
    await api.delete(`/api/v1/namespaces/${namespace}`);
  }
}

/** The answer's body, when its code is as expected. */
export function ok(answer: Answer, code = 200): Fields {
  assert.equal(answer.code, code, answer.text);
  return answer.body;
}

/** Checks a failure Status and returns the fields that it names. */
export function refused(answer: Answer, code: number, reason: string, words?: RegExp): readonly string[] {
  assert.equal(answer.code, code, answer.text);
  assert.equal(reasonOf(answer), reason, answer.text);
  assert.equal(answer.body['kind'], 'Status');
  assert.equal(answer.body['code'], code);
  if (words) assert.match(textAt(answer.body, 'message'), words);
  return listAt(answer.body, 'details', 'causes').map((cause) => textAt(cause, 'field'));
}

export function configMap(name: string, data: Fields = {}): Fields {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
}
