{{/* The service account of a component. Call with (dict "root" $ "component" "tracker" "values" .Values.tracker). */}}
{{- define "waypost.serviceAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "waypost.metadata" (merge (dict "name" (printf "%s-%s" (include "waypost.fullname" .root) .component)) .) | nindent 2 }}
  {{- with .values.serviceAccountAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
# Pods say themselves that they want its token.
automountServiceAccountToken: false
{{- end }}

{{/* Binds a component's role. Call with (dict … "kind" "ClusterRole" "role" name "namespace" where). */}}
{{- define "waypost.roleBinding" -}}
{{- $account := printf "%s-%s" (include "waypost.fullname" .root) .component -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  {{- include "waypost.metadata" (merge (dict "name" .role) .) | nindent 2 }}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: {{ .kind }}, name: {{ .role }}}
subjects:
- {kind: ServiceAccount, name: {{ $account }}, namespace: {{ .root.Release.Namespace }}}
{{- end }}

{{- define "waypost.clusterRoleBinding" -}}
{{- $account := printf "%s-%s" (include "waypost.fullname" .root) .component -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  {{- include "waypost.clusterMetadata" (merge (dict "name" .role) .) | nindent 2 }}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {{ .role }}}
subjects:
- {kind: ServiceAccount, name: {{ $account }}, namespace: {{ .root.Release.Namespace }}}
{{- end }}

{{/* The rights of whoever serves from snapshots. */}}
{{- define "waypost.snapshotReaderRules" -}}
# Shards are named by their digest, so no list of names can be given; the namespace
# holds nothing but the snapshot.
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get]
# A tracker follows the one manifest and never enumerates anything.
- apiGroups: [""]
  resources: [configmaps]
  resourceNames: [waypost-manifest]
  verbs: [watch]
{{- end }}

{{/* The rights of whoever answers the admin API. */}}
{{- define "waypost.authenticatorRules" -}}
# Who is the caller of the admin API? Asks about a token that the caller presents.
- apiGroups: [authentication.k8s.io]
  resources: [tokenreviews]
  verbs: [create]
# May that caller read these reports, or approve this conversion?
- apiGroups: [authorization.k8s.io]
  resources: [subjectaccessreviews]
  verbs: [create]
{{- end }}
