import type { RealCluster } from '@kaito-ts/real-cluster';
import type { ManifestObject } from './chart.ts';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kubectlPath } from '@kaito-ts/real-cluster';
import { find, readManifests, release, render } from './chart.ts';
import { run } from './run.ts';

type Place = Pick<RealCluster, 'directory' | 'kubeconfigPath'>;

const kindsOfRights: ReadonlySet<string> = new Set([
  'ServiceAccount',
  'ClusterRole',
  'ClusterRoleBinding',
  'Role',
  'RoleBinding',
]);

/** The name by which the API server knows the operator of a chart's objects. */
export function usernameOf(objects: readonly ManifestObject[]): string {
  return `system:serviceaccount:${release.namespace}:${find(objects, 'ServiceAccount').metadata.name}`;
}

/** What the chart's default values grant: a ServiceAccount, its roles and their bindings. */
export async function defaultRights(): Promise<readonly ManifestObject[]> {
  return readManifests(await render('default')).filter(({ kind }) => kindsOfRights.has(kind));
}

/** Gives an operator outside of the cluster what the chart would, and nothing more: resolves to its kubeconfig and name. */
export async function grantRights(
  cluster: Place,
): Promise<{ readonly kubeconfigPath: string; readonly username: string }> {
  const objects = await defaultRights();
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: release.namespace } };
  const list = { apiVersion: 'v1', kind: 'List', items: [namespace, ...objects] };
  const { code, stderr } = await run(
    await kubectlPath(),
    ['--kubeconfig', cluster.kubeconfigPath, 'apply', '-f', '-'],
    JSON.stringify(list),
  );
  if (code !== 0) throw new Error(stderr);
  return { kubeconfigPath: await accountKubeconfig(cluster, objects), username: usernameOf(objects) };
}

/** A kubeconfig with a token of the ServiceAccount among the objects, which the cluster must have already. */
export async function accountKubeconfig(cluster: Place, objects: readonly ManifestObject[]): Promise<string> {
  const account = find(objects, 'ServiceAccount').metadata.name;
  const place = ['--kubeconfig', cluster.kubeconfigPath, '--namespace', release.namespace];
  const said = await run(await kubectlPath(), [...place, 'create', 'token', account, '--duration=2h']);
  if (said.code !== 0) throw new Error(said.stderr);
  const config = JSON.parse(await readFile(cluster.kubeconfigPath, 'utf8')) as object;
  const path = join(cluster.directory, 'service-account.kubeconfig');
  const users = [{ name: 'admin', user: { token: said.stdout.trim() } }];
  await writeFile(path, JSON.stringify({ ...config, users }), { mode: 0o600 });
  return path;
}
