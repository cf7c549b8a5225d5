import { strict as assert } from 'node:assert';
import { textAt, valueAt, type Fields } from '../json.ts';
import { eventually } from './connection.ts';
import { configMap, ok, refused, type Behaviour, type Context } from './context.ts';

function owned(name: string, owner: Fields): Fields {
  const reference = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name: textAt(owner, 'metadata', 'name'),
    uid: textAt(owner, 'metadata', 'uid'),
    blockOwnerDeletion: true,
  };
  return { metadata: { name, ownerReferences: [reference] } };
}

async function gone({ api, path }: Context, name: string): Promise<void> {
  await eventually(`${name} is gone`, async () => (await api.get(path('configmaps', name))).code === 404);
}

/** Deletion: finalizers, preconditions, owners, namespaces. */
export const deleteBehaviours: readonly Behaviour[] = [
  {
    name: 'a plain delete answers Success with the uid',
    check: async ({ api, path }) => {
      const made = ok(await api.post(path('configmaps'), configMap('a')), 201);
      const answer = ok(await api.delete(path('configmaps', 'a')));
      assert.deepEqual(answer['details'], {
        name: 'a',
        kind: 'configmaps',
        uid: textAt(made, 'metadata', 'uid'),
      });
      assert.equal(answer['status'], 'Success');
    },
  },
  {
    name: 'preconditions must hold',
    check: async ({ api, path }) => {
      ok(await api.post(path('configmaps'), configMap('a')), 201);
      refused(
        await api.delete(path('configmaps', 'a'), { preconditions: { uid: 'other' } }),
        409,
        'Conflict',
        /the UID in the precondition \(other\) does not match the UID in record/,
      );
    },
  },
  {
    name: 'a finalizer holds the object until it is taken away',
    check: async ({ api, path }) => {
      ok(await api.post(path('configmaps'), { metadata: { name: 'f', finalizers: ['x.test/hold'] } }), 201);
      const held = ok(await api.delete(path('configmaps', 'f')));
      assert.match(textAt(held, 'metadata', 'deletionTimestamp'), /^\d{4}-/);
      assert.equal(valueAt(held, 'metadata', 'deletionGracePeriodSeconds'), 0);
      ok(await api.get(path('configmaps', 'f')));
      ok(await api.patch(path('configmaps', 'f'), 'merge', { metadata: { finalizers: null } }));
      refused(await api.get(path('configmaps', 'f')), 404, 'NotFound');
    },
  },
  {
    name: 'background: dependents follow their owner',
    check: async (context) => {
      const { api, path } = context;
      const owner = ok(await api.post(path('configmaps'), configMap('owner')), 201);
      ok(await api.post(path('configmaps'), owned('child', owner)), 201);
      ok(await api.delete(path('configmaps', 'owner')));
      await gone(context, 'child');
    },
  },
  {
    name: 'an object whose owner never was is collected',
    check: async (context) => {
      const { api, path } = context;
      ok(
        await api.post(
          path('configmaps'),
          owned('stray', { metadata: { name: 'nobody', uid: '00000000-0000-4000-8000-000000000000' } }),
        ),
        201,
      );
      await gone(context, 'stray');
    },
  },
  {
    name: 'a namespace goes with all that is in it, and takes nothing new meanwhile',
    check: async ({ api, namespace, path }) => {
      const name = `${namespace}-x`;
      ok(await api.post('/api/v1/namespaces', { metadata: { name } }), 201);
      const inside = `/api/v1/namespaces/${name}/configmaps`;
      ok(await api.post(inside, { metadata: { name: 'held', finalizers: ['x.test/hold'] } }), 201);
      ok(await api.delete(`/api/v1/namespaces/${name}`));
      assert.equal(
        valueAt(ok(await api.get(`/api/v1/namespaces/${name}`)), 'status', 'phase'),
        'Terminating',
      );
      refused(await api.post(inside, configMap('late')), 403, 'Forbidden', /because it is being terminated/);
      await eventually(
        'content is being deleted',
        async () => textAt(ok(await api.get(`${inside}/held`)), 'metadata', 'deletionTimestamp') !== '',
      );
      ok(await api.patch(`${inside}/held`, 'merge', { metadata: { finalizers: null } }));
      await eventually(
        'the namespace is gone',
        async () => (await api.get(`/api/v1/namespaces/${name}`)).code === 404,
      );
      ok(await api.get(path('configmaps')));
    },
  },
];
