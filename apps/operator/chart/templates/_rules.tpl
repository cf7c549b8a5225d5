{{- /* What the operator does with objects in the namespaces that it serves. Its watches list and watch; server-side
apply is patch, and create where the object is new; get is for taking over objects of another field manager. */}}
{{- define "kaito.workspaceRules" -}}
- apiGroups: [kaito.sh]
  resources: [workspaces]
  verbs: [list, watch, patch]
- apiGroups: [kaito.sh]
  resources: [workspaces/status]
  verbs: [patch]
# Owner references that block deletion; asked for where OwnerReferencesPermissionEnforcement is on.
- apiGroups: [kaito.sh]
  resources: [workspaces/finalizers]
  verbs: [update]
- apiGroups: [apps]
  resources: [deployments, statefulsets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [""]
  resources: [services]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [""]
  resources: [pods]
  verbs: [list, watch, delete]
- apiGroups: [""]
  resources: [configmaps]
  verbs: [list, watch]
- apiGroups: [""]
  resources: [events]
  verbs: [create, patch]
{{- end }}
