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
  resources: [deployments]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [apps]
  resources: [statefulsets]
  verbs: [get, list, watch, create, patch]
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
  verbs: [list, watch, create, patch]
{{- end }}
{{- /* Machines belong to no namespace. Where nodes exist already there is nothing here. */}}
{{- define "kaito.provisionerRules" -}}
{{- if eq .Values.nodeProvisioner "karpenter" }}
{{- $provider := include "kaito.karpenterProvider" . | fromYaml }}
- apiGroups: [karpenter.sh]
  resources: [nodepools]
  verbs: [list, watch, create, patch, delete]
# Karpenter makes these; delete is for those of the GPU provisioner that was there before.
- apiGroups: [karpenter.sh]
  resources: [nodeclaims]
  verbs: [list, watch, delete]
- apiGroups: [{{ $provider.group }}]
  resources: [{{ $provider.resourceName }}]
  verbs: [list, watch, create, patch]
{{- else if eq .Values.nodeProvisioner "azure-gpu-provisioner" }}
- apiGroups: [karpenter.sh]
  resources: [nodeclaims]
  verbs: [list, watch, create, delete]
{{- end }}
{{- end }}
{{- define "kaito.karpenterProvider" -}}
{{- $provider := get .Values.karpenterProviders .Values.karpenterProvider }}
{{- if not $provider }}
{{- fail (printf "karpenterProvider: karpenterProviders has no %q" .Values.karpenterProvider) }}
{{- end }}
{{- toYaml $provider }}
{{- end }}
