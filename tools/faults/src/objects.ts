import type { ResourceKind } from '@kaito-ts/kube-runtime';

type Kind = ResourceKind;

interface FaultKinds {
  readonly clusterRoles: Kind;
  readonly clusterRoleBindings: Kind;
  readonly roles: Kind;
  readonly roleBindings: Kind;
  readonly limitRanges: Kind;
  readonly runtimeClasses: Kind;
  readonly validatingAdmissionPolicies: Kind;
  readonly validatingAdmissionPolicyBindings: Kind;
}

const rbac = 'rbac.authorization.k8s.io';
const admission = 'admissionregistration.k8s.io';

/** Kinds that faults are made of and that no other program here needs. */
export const faultKinds: FaultKinds = {
  clusterRoles: kindOf(rbac, 'ClusterRole', false),
  clusterRoleBindings: kindOf(rbac, 'ClusterRoleBinding', false),
  roles: kindOf(rbac, 'Role', true),
  roleBindings: kindOf(rbac, 'RoleBinding', true),
  limitRanges: kindOf('', 'LimitRange', true),
  runtimeClasses: { ...kindOf('node.k8s.io', 'RuntimeClass', false), plural: 'runtimeclasses' },
  validatingAdmissionPolicies: {
    ...kindOf(admission, 'ValidatingAdmissionPolicy', false),
    plural: 'validatingadmissionpolicies',
  },
  validatingAdmissionPolicyBindings: kindOf(admission, 'ValidatingAdmissionPolicyBinding', false),
};

function kindOf(group: string, kind: string, namespaced: boolean): Kind {
  return { group, version: 'v1', plural: `${kind.toLowerCase()}s`, kind, namespaced };
}
