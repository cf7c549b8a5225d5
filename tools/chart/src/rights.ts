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

/** Gives an operator outside of the cluster what the chart would, and nothing more: resolves to its kubeconfig and name. */
export async function grantRights(
  cluster: Place,
): Promise<{ readonly kubeconfigPath: string; readonly username: string }> {
  const objects = readManifests(await render('default')).filter(({ kind }) => kindsOfRights.has(kind));
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: release.namespace } };
  const list = { apiVersion: 'v1', kind: 'List', items: [namespace, ...objects] };
  const kubectl = await kubectlPath();
  const { code, stderr } = await run(
    kubectl,
    ['--kubeconfig', cluster.kubeconfigPath, 'apply', '-f', '-'],
    JSON.stringify(list),
  );
  if (code !== 0) throw new Error(stderr);
  return { kubeconfigPath: await tokenKubeconfig(cluster, kubectl, objects), username: usernameOf(objects) };
}

/** A kubeconfig with a token of the ServiceAccount among the objects. */
export async function tokenKubeconfig(
  cluster: Place,
  kubectl: string,
  objects: readonly ManifestObject[],
): Promise<string> {
  const account = find(objects, 'ServiceAccount').metadata.name;
  const place = ['--kubeconfig', cluster.kubeconfigPath, '--namespace', release.namespace];
  const said = await run(kubectl, [...place, 'create', 'token', account, '--duration=2h']);
  if (said.code !== 0) throw new Error(said.stderr);
  const config = JSON.parse(await readFile(cluster.kubeconfigPath, 'utf8')) as object;
  const path = join(cluster.directory, 'service-account.kubeconfig');
  const users = [{ name: 'admin', user: { token: said.stdout.trim() } }];
  await writeFile(path, JSON.stringify({ ...config, users }), { mode: 0o600 });
  return path;
}
