{{- define "kaito.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "kaito.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else if contains (include "kaito.name" .) .Release.Name }}
{{- .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "kaito.name" .) | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "kaito.serviceName" -}}
{{- .Values.serviceName | default (printf "%s-svc" (include "kaito.fullname" .)) }}
{{- end }}

{{- define "kaito.serviceAccountName" -}}
{{- .Values.serviceAccountName | default (printf "%s-sa" (include "kaito.fullname" .)) }}
{{- end }}

{{- define "kaito.clusterRoleName" -}}
{{- .Values.clusterRoleName | default (printf "%s-clusterrole" (include "kaito.fullname" .)) }}
{{- end }}

{{- define "kaito.roleName" -}}
{{- .Values.roleName | default (printf "%s-role" (include "kaito.fullname" .)) }}
{{- end }}

{{- define "kaito.webhookSecret" -}}
{{- printf "%s-webhook" (include "kaito.fullname" .) }}
{{- end }}

{{- define "kaito.webhookConfiguration" -}}
{{- printf "%s-validation" (include "kaito.fullname" .) }}
{{- end }}

{{- define "kaito.selectorLabels" -}}
{{- if .Values.selectorLabels }}
{{- toYaml .Values.selectorLabels }}
{{- else -}}
app.kubernetes.io/name: {{ include "kaito.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
{{- end }}

{{- define "kaito.labels" -}}
{{- if .Values.commonLabels }}
{{- toYaml .Values.commonLabels }}
{{- else -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "kaito.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}
{{- end }}

{{- define "kaito.metadata" -}}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "kaito.labels" . | nindent 2 }}
{{- end }}
