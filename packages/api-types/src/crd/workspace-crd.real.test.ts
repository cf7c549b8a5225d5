import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type ApiAnswer,
  type ApiServer,
  findControlPlaneBinaries,
  startApiServer,
} from '../real-api-server.test.fixture.ts';
import { accepted } from '../cases/accepted.test.fixture.ts';
import { adapterWorkspace, type Json, presetWorkspace } from '../cases/builders.test.fixture.ts';
import { type Change, changes } from '../cases/changes.test.fixture.ts';
import { refusedOnCreate } from '../cases/refused-on-create.test.fixture.ts';
import { type CustomResourceDefinition, workspaceCustomResourceDefinition } from './workspace-crd.ts';

const binaries = findControlPlaneBinaries();
if (binaries === undefined) {
  process.stderr.write(
    'workspace-crd: left out: no etcd and kube-apiserver in KUBEBUILDER_ASSETS or the cache\n',
  );
}

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const workspaces = (version = 'v1beta1'): string => `/apis/kaito.sh/${version}/namespaces/default/workspaces`;

describe.skipIf(binaries === undefined)('Workspace CRD on a real API server', () => {
  let server: ApiServer;

  beforeAll(async () => {
    server = await startApiServer(binaries ?? '');
    await server.call('POST', definitions, workspaceCustomResourceDefinition());
    await Promise.all([workspaces(), '/api/v1/namespaces/default'].map(untilServed));
  }, 120_000);

  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
  });

  it('is established and structural', async () => {
    const { body } = await server.call('GET', `${definitions}/workspaces.kaito.sh`);
    const conditions = (body['status'] as { conditions: { type: string; status: string }[] }).conditions;
    expect(conditions).toContainEqual(expect.objectContaining({ type: 'Established', status: 'True' }));
    expect(conditions.filter(({ type }) => type === 'NonStructuralSchema')).toEqual([]);
  });

  it.each(refusedOnCreate.filter(({ apiServer }) => apiServer !== undefined))(
    'refuses $name',
    async ({ manifest, apiServer = '' }) => {
      const answer = await create(manifest);
      expect(answer).toMatchObject({ status: 422 });
      expect(blamedFields(answer)).toContain(apiServer === '' ? '<nil>' : apiServer);
    },
  );

  it.each(accepted)('accepts $name', async ({ manifest }) => {
    const answer = await create(manifest);
    expect(answer).toMatchObject({ status: 201 });
  });

  it.each(changes.filter(({ refusedAt }) => refusedAt !== undefined))(
    'refuses change of $name',
    async (change) => {
      const answer = await apply(change);
      expect(answer).toMatchObject({ status: 422 });
      expect(blamedFields(answer)).toContain(change.refusedAt);
    },
  );

  it.each(changes.filter(({ refusedAt }) => refusedAt === undefined))(
    'allows change of $name',
    async (change) => {
      expect(await apply(change)).toMatchObject({ status: 200 });
    },
  );

  it('says once that a value is a placeholder', async () => {
    const answer = await create(adapterWorkspace({ source: { name: 'a', image: '<YOUR_IMAGE>' } }));
    const causes = (answer.body['details'] as { causes: { message: string }[] }).causes;
    expect(causes.map(({ message }) => message)).toEqual([
      expect.stringContaining('looks like a placeholder'),
    ]);
  });

  it('fills in defaults', async () => {
    const { body } = await create(presetWorkspace({ resource: { count: undefined } }));
    expect(body).toMatchObject({ resource: { count: 1 }, inference: { preset: { accessMode: 'public' } } });
    expect((body['inference'] as Json)['adapters']).toBeUndefined();
  });

  it('serves v1alpha1 with the same fields and without the old default machine type', async () => {
    const manifest = presetWorkspace({
      apiVersion: 'kaito.sh/v1alpha1',
      resource: { partition: { mode: 'mig' } },
    });
    const created = await create(manifest, { keep: true, version: 'v1alpha1' });
    expect(created).toMatchObject({ status: 201 });
    const { name } = created.body['metadata'] as { name: string };
    const { body } = await server.call('GET', `${workspaces('v1beta1')}/${name}`);
    expect(body).toMatchObject({ apiVersion: 'kaito.sh/v1beta1', resource: { partition: { mode: 'mig' } } });
    expect((body['resource'] as Json)['instanceType']).toBeUndefined();
  });

  it('keeps spec and status apart, and lets a status be written beside it', async () => {
    const created = await create(presetWorkspace({ status: { state: 'Ready' } }), { keep: true });
    expect(created.body['status']).toBeUndefined();
    const { name } = created.body['metadata'] as { name: string };
    const status = {
      state: 'Pending',
      targetNodeCount: 1,
      conditions: [
        {
          type: 'NodesReady',
          status: 'True',
          reason: 'NodesReady',
          message: '',
          lastTransitionTime: '2026-01-01T00:00:00Z',
          observedGeneration: 1,
        },
      ],
    };
    const patch = { status, inference: { config: 'ignored' } };
    const path = `${workspaces()}/${name}/status`;
    const { body } = await server.call('PATCH', path, patch, 'application/merge-patch+json');
    expect(body).toMatchObject({ status, metadata: { generation: 1 } });
    expect((body['inference'] as Json)['config']).toBeUndefined();
  });

  it('lets objects from before its rules be finished, and refuses the same fault anew', async () => {
    const faulty = adapterWorkspace({ source: { name: 'a', image: 'registry.example/Upper:1' } });
    const old = { ...faulty, metadata: { name: '7b-from-before', finalizers: ['kaito.sh/test'] } };
    await replaceDefinition(withoutRules(workspaceCustomResourceDefinition()), async () => {
      return (await server.call('POST', `${workspaces()}?dryRun=All`, old)).status === 201;
    });
    await server.call('POST', workspaces(), old);
    await replaceDefinition(workspaceCustomResourceDefinition(), async () => {
      return (await create(faulty)).status === 422;
    });

    const path = `${workspaces()}/7b-from-before`;
    const patch = (at: string, body: Json): Promise<ApiAnswer> =>
      server.call('PATCH', at, body, 'application/merge-patch+json');
    expect(await patch(`${path}/status`, { status: { state: 'NotReady' } })).toMatchObject({ status: 200 });
    expect(await patch(path, { metadata: { labels: { a: 'b' } } })).toMatchObject({ status: 200 });
    expect(await patch(path, { inference: { config: 'settings' } })).toMatchObject({ status: 200 });
    expect(await patch(path, { metadata: { finalizers: null } })).toMatchObject({ status: 200 });
  });

  it('refuses an unknown field when asked to be strict', async () => {
    const manifest = presetWorkspace({ metadata: { name: 'strict' }, inference: { adapterz: [] } });
    const answer = await server.call('POST', `${workspaces()}?fieldValidation=Strict&dryRun=All`, manifest);
    expect(answer).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('inference.adapterz') },
    });
  });

  it.each([
    [
      'v1beta1',
      [
        'Name',
        'Instance',
        'ResourceReady',
        'InferenceReady',
        'JobStarted',
        'WorkspaceSucceeded',
        'TargetNodeCount',
        'State',
        'Age',
      ],
    ],
    [
      'v1alpha1',
      ['Name', 'Instance', 'ResourceReady', 'InferenceReady', 'JobStarted', 'WorkspaceSucceeded', 'Age'],
    ],
  ])('prints the columns of %s', async (version, columns) => {
    const table = await server.call(
      'GET',
      workspaces(version),
      undefined,
      'application/json;as=Table;v=v1;g=meta.k8s.io',
    );
    const names = (table.body['columnDefinitions'] as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual(columns);
  });

  it('is found by its short names and category', async () => {
    const { body } = await server.call('GET', '/apis/kaito.sh/v1beta1');
    const resources = body['resources'] as { name: string; shortNames?: string[]; categories?: string[] }[];
    expect(resources.find(({ name }) => name === 'workspaces')).toMatchObject({
      shortNames: ['wk', 'wks'],
      categories: ['workspace'],
    });
  });

  async function replaceDefinition(
    definition: CustomResourceDefinition,
    done: () => Promise<boolean>,
  ): Promise<void> {
    const path = `${definitions}/${definition.metadata.name}`;
    const { body } = await server.call('GET', path);
    const { resourceVersion } = body['metadata'] as { resourceVersion: string };
    const metadata = { ...definition.metadata, resourceVersion };
    await server.call('PUT', path, { ...definition, metadata });
    await vi.waitUntil(done, { timeout: 30_000, interval: 100 });
  }

  async function untilServed(path: string): Promise<void> {
    const found = async (): Promise<boolean> => (await server.call('GET', path)).status === 200;
    await vi.waitUntil(found, { timeout: 30_000, interval: 100 });
  }

  async function apply({ from, to }: Change): Promise<ApiAnswer> {
    const created = await create(from, { keep: true });
    if (created.status !== 201) throw new Error(JSON.stringify(created.body));
    const { name, resourceVersion } = created.body['metadata'] as { name: string; resourceVersion: string };
    return server.call('PUT', `${workspaces()}/${name}`, { ...to, metadata: { name, resourceVersion } });
  }

  let count = 0;

  /** Creates under a name of its own, and as a dry run unless the object is needed afterwards. */
  async function create(manifest: Json, { keep = false, version = '' } = {}): Promise<ApiAnswer> {
    const metadata = manifest['metadata'] as { name: string };
    const name = metadata.name === 'demo' ? `demo-${count++}` : metadata.name;
    const served = version || String(manifest['apiVersion']).split('/')[1];
    const query = keep ? '' : '?dryRun=All';
    return server.call('POST', `${workspaces(served)}${query}`, {
      ...manifest,
      metadata: { ...metadata, name },
    });
  }
});

/** The definition as if it had no rules, for objects that are older than these. */
function withoutRules(definition: CustomResourceDefinition): CustomResourceDefinition {
  const lenient = JSON.stringify(definition, (key, value: unknown) =>
    ['x-kubernetes-validations', 'pattern', 'maxLength', 'minLength'].includes(key) ? undefined : value,
  );
  return JSON.parse(lenient) as CustomResourceDefinition;
}

function blamedFields(answer: ApiAnswer): readonly string[] {
  const { causes = [] } = (answer.body['details'] ?? {}) as { causes?: { field: string }[] };
  return causes.map(({ field }) => field);
}
