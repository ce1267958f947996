{{- define "waypost.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{/* The name of all objects: the release's, with the chart's unless it is in it. */}}
{{- define "waypost.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains (include "waypost.name" .) .Release.Name }}
{{- .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "waypost.name" .) | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "waypost.snapshotNamespace" -}}
{{- .Values.snapshots.namespace | default (printf "%s-snapshots" (include "waypost.fullname" .)) }}
{{- end }}

{{- define "waypost.keysSecret" -}}
{{- .Values.keys.secretName | default (printf "%s-keys" (include "waypost.fullname" .)) }}
{{- end }}

{{/*
Selects pods by what they offer, whichever component they are: "public" is the port with
the links (trackers, or the one pod of mode embedded), "reports" the admin port with the
books (ledgers, or the same pod). Call with (dict "root" $ "offers" "public").
*/}}
{{- define "waypost.offerSelector" -}}
app.kubernetes.io/name: {{ include "waypost.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
waypost.dev/{{ .offers }}: "true"
{{- end }}

{{/* "true" where the ledger keeps its tables in PostgreSQL. */}}
{{- define "waypost.postgres" -}}
{{- if or .Values.database.url .Values.database.existingSecret.name }}true{{ end }}
{{- end }}

{{- define "waypost.image" -}}
{{- with .Values.image }}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{/* Labels that never change, for selectors. Call with (dict "root" $ "component" "tracker"). */}}
{{- define "waypost.selector" -}}
app.kubernetes.io/name: {{ include "waypost.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* Labels of every object. */}}
{{- define "waypost.labels" -}}
{{ include "waypost.selector" . }}
app.kubernetes.io/part-of: waypost
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The name and labels of an object. Call with (dict "root" $ "component" "tracker" "name" "…"); "namespace" is optional. */}}
{{- define "waypost.metadata" -}}
name: {{ .name }}
namespace: {{ .namespace | default .root.Release.Namespace }}
labels:
  {{- include "waypost.labels" . | nindent 2 }}
{{- end }}

{{/* The same for an object of the whole cluster. */}}
{{- define "waypost.clusterMetadata" -}}
name: {{ .name }}
labels:
  {{- include "waypost.labels" . | nindent 2 }}
{{- end }}
