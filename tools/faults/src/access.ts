import {
  accountKubeconfig,
  defaultRights,
  find,
  release,
  rulesOf,
  type ManifestObject,
  type Rule,
} from '@kaito-ts/chart';
import { kinds, type KubeClient, type KubeObject, type ResourceKind } from '@kaito-ts/kube-runtime';
import type { RealCluster } from '@kaito-ts/real-cluster';
import { faultKinds } from './objects.ts';

const reading: ReadonlySet<string> = new Set(['get', 'list', 'watch']);
export const operatorNamespace: string = release.namespace;
/** Some of the chart's rules, so that a fault can leave out others. */
const readers = 'kaito-faults-reading';
const withoutDeployments = 'kaito-faults-without-deployments';

export type WritingRights = 'all' | 'withoutDeployments';

export interface Access {
  /** Of the chart's ServiceAccount. */
  readonly kubeconfigPath: string;
  /** Lets the operator write in a namespace; `withoutDeployments` takes away what it needs most. */
  grantWriting(namespace: string, extent: WritingRights): Promise<void>;
}

/**
 * The operator's rights are the chart's. Reading is granted everywhere, writing namespace by namespace, so that one
 * namespace can lack a right without harm to the others.
 */
export async function installAccess(cluster: RealCluster, client: KubeClient): Promise<Access> {
  const objects = await defaultRights();
  const account = find(objects, 'ServiceAccount');
  const role = find(objects, 'ClusterRole');
  const rules = rulesOf([role]);
  const put = async (kind: ResourceKind, object: object): Promise<void> => {
    await client.apply(kind, object as KubeObject, { fieldManager: 'faults', force: true });
  };
  await client.create(kinds.namespaces, { metadata: { name: operatorNamespace } });
  await put(kinds.serviceAccounts, account);
  await put(faultKinds.clusterRoles, role);
  await put(faultKinds.roles, find(objects, 'Role'));
  await put(faultKinds.roleBindings, find(objects, 'RoleBinding'));
  await put(faultKinds.clusterRoles, aRole(readers, rules.map(onlyReading).filter(hasVerbs)));
  await put(faultKinds.clusterRoles, aRole(withoutDeployments, rules.map(notWritingDeployments)));
  await put(faultKinds.clusterRoleBindings, aBinding({ name: readers }, readers, account));
  return {
    kubeconfigPath: await accountKubeconfig(cluster, objects),
    grantWriting: (namespace, extent) => {
      const granted = extent === 'all' ? role.metadata.name : withoutDeployments;
      const metadata = { name: `kaito-operator-${extent.toLowerCase()}`, namespace };
      return put(faultKinds.roleBindings, aBinding(metadata, granted, account));
    },
  };
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

/** Of a ClusterRole to a ServiceAccount. */
function aBinding(metadata: ManifestObject['metadata'], role: string, account: ManifestObject): object {
  const { name, namespace } = account.metadata;
  return {
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  };
}
