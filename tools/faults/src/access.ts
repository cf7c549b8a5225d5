import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { kinds, resourcePath, type KubeClient, type KubeObject } from '@kaito-ts/kube-runtime';
import type { RealCluster } from '@kaito-ts/real-cluster';
import { faultKinds } from './objects.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const reading: ReadonlySet<string> = new Set(['get', 'list', 'watch']);
const fieldManager = 'faults';
/** What the chart makes of its default values; its own test keeps the file true. */
const chartObjects = new URL('../../chart/golden/default.golden.yaml', import.meta.url);
export const operatorNamespace = 'kaito-system';
/** Some of the chart's rules, so that a fault can leave out others. */
const readers = 'kaito-faults-reading';
const withoutDeployments = 'kaito-faults-without-deployments';

/**
 * The operator's rights are the chart's. Reading is granted everywhere, writing namespace by namespace, so that one
 * namespace can lack a right without harm to the others. Returns a kubeconfig of the chart's ServiceAccount.
 */
export async function installAccess(cluster: RealCluster, client: KubeClient): Promise<string> {
  const objects = await readChart();
  const role = find(objects, 'ClusterRole');
  const rules = role['rules'] as readonly Rule[];
  await client.create(kinds.namespaces, { metadata: { name: operatorNamespace } });
  const put = async (kind: Parameters<KubeClient['apply']>[0], object: object): Promise<void> => {
    await client.apply(kind, object as KubeObject, { fieldManager, force: true });
  };
  await put(kinds.serviceAccounts, find(objects, 'ServiceAccount'));
  await put(faultKinds.clusterRoles, role);
  await put(faultKinds.roles, find(objects, 'Role'));
  await put(faultKinds.roleBindings, find(objects, 'RoleBinding'));
  await put(faultKinds.clusterRoles, aRole(readers, rules.map(onlyReading).filter(hasVerbs)));
  await put(faultKinds.clusterRoles, aRole(withoutDeployments, rules.map(notWritingDeployments)));
  await put(faultKinds.clusterRoleBindings, {
    metadata: { name: readers },
    ...grant(objects, readers),
  });
  return accountKubeconfig(cluster, client, find(objects, 'ServiceAccount'));
}

export type WritingRights = 'all' | 'withoutDeployments';

/** Lets the operator write in a namespace; `withoutDeployments` takes away what it needs most. */
export async function grantWriting(
  client: KubeClient,
  namespace: string,
  extent: WritingRights,
): Promise<void> {
  const objects = await readChart();
  const role = extent === 'all' ? find(objects, 'ClusterRole').metadata.name : withoutDeployments;
  const binding = { metadata: { name: `kaito-operator-${extent.toLowerCase()}`, namespace } };
  await client.apply(
    faultKinds.roleBindings,
    { ...binding, ...grant(objects, role) },
    { fieldManager, force: true },
  );
}

interface ManifestObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [field: string]: unknown;
}

async function readChart(): Promise<readonly ManifestObject[]> {
  const documents = loadAll(await readFile(chartObjects, 'utf8')) as readonly (ManifestObject | null)[];
  return documents.filter((document) => document !== null);
}

function find(objects: readonly ManifestObject[], kind: string): ManifestObject {
  const found = objects.find((object) => object.kind === kind);
  if (found === undefined) throw new Error(`the chart makes no ${kind}`);
  return found;
}

function aRole(name: string, rules: readonly Rule[]): object {
  return { metadata: { name }, rules };
}

function onlyReading(rule: Rule): Rule {
  return { ...rule, verbs: rule.verbs.filter((verb) => reading.has(verb)) };
}

function notWritingDeployments(rule: Rule): Rule {
  return rule.resources.includes('deployments') ? onlyReading(rule) : rule;
}

function hasVerbs({ verbs }: Rule): boolean {
  return verbs.length > 0;
}

function grant(objects: readonly ManifestObject[], role: string): object {
  const { name, namespace } = find(objects, 'ServiceAccount').metadata;
  return {
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  };
}

async function accountKubeconfig(
  cluster: RealCluster,
  client: KubeClient,
  account: ManifestObject,
): Promise<string> {
  const answer = await client.raw({
    method: 'POST',
    path: `${resourcePath(kinds.serviceAccounts, account.metadata)}/token`,
    body: JSON.stringify({
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 3600 },
    }),
    headers: { 'content-type': 'application/json' },
  });
  const { status } = JSON.parse(answer.body) as { readonly status: { readonly token: string } };
  const config = JSON.parse(await readFile(cluster.kubeconfigPath, 'utf8')) as object;
  const path = join(cluster.directory, 'operator.kubeconfig');
  const users = [{ name: 'admin', user: { token: status.token } }];
  await writeFile(path, JSON.stringify({ ...config, users }), { mode: 0o600 });
  return path;
}
