{{/*
The parts that the pods of all components share. Call with
(dict "root" $ "component" "tracker" "values" .Values.tracker).
*/}}

{{/* Pod Security "restricted", and a group that may read mounted keys and write volumes. */}}
{{- define "waypost.podSecurity" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "waypost.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  capabilities: {drop: [ALL]}
  privileged: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
{{- end }}

{{/* No version: only what changes the pod restarts it. */}}
{{- define "waypost.podMetadata" -}}
labels:
  {{- include "waypost.selector" . | nindent 2 }}
  app.kubernetes.io/part-of: waypost
  {{- with .root.Values.commonLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  {{- range .offers }}
  waypost.dev/{{ . }}: "true"
  {{- end }}
  {{- with .values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .values.podAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Where pods run. */}}
{{- define "waypost.scheduling" -}}
{{- with .root.Values.global.imagePullSecrets }}
imagePullSecrets:
{{- range . }}
- name: {{ . }}
{{- end }}
{{- end }}
{{- with .values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
affinity:
{{- if .values.affinity }}
  {{- toYaml .values.affinity | nindent 2 }}
{{- else }}
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
    - weight: 100
      podAffinityTerm:
        topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels:
            {{- include "waypost.selector" . | nindent 12 }}
{{- end }}
{{- with .values.topologySpreadConstraints }}
topologySpreadConstraints:
{{- range . }}
{{- $own := dict "labelSelector" (dict "matchLabels" (include "waypost.selector" $ | fromYaml)) }}
- {{ toYaml (mergeOverwrite $own .) | nindent 2 | trim }}
{{- end }}
{{- end }}
{{- end }}

{{/* A container up to its arguments. */}}
{{- define "waypost.container" -}}
name: {{ .component }}
image: {{ include "waypost.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
{{ include "waypost.containerSecurity" . }}
{{- end }}

{{- define "waypost.logArgs" -}}
- --log-format={{ .root.Values.log.format }}
- --log-level={{ .root.Values.log.level }}
{{- end }}

{{- define "waypost.extraArgs" -}}
{{- range .values.extraArgs }}
- {{ . | quote }}
{{- end }}
{{- end }}

{{/* What the public port of trackers and of mode embedded share. */}}
{{- define "waypost.publicArgs" -}}
{{- with .root.Values.tracker }}
- --listen=:8080
- --drain-delay={{ .drainSeconds }}s
{{- with .trustedProxies }}
- --trusted-proxies={{ join "," . }}
{{- end }}
{{- with .rateLimit }}
- --rate-limit={{ . | int }}
{{- end }}
{{- if .geoip.volume }}
- --geoip-database=/etc/waypost/geoip/{{ .geoip.file }}
{{- end }}
{{- end }}
{{- end }}

{{/* Size and place of the journal on NATS servers. */}}
{{- define "waypost.journalArgs" -}}
{{- with .root.Values.nats }}
{{- with .replicas }}
- --journal-replicas={{ . | int }}
{{- end }}
{{- with .maxBytes }}
- --journal-max-bytes={{ . | int64 }}
{{- end }}
{{- if .credentialsSecret.name }}
- --journal-credentials=/etc/waypost/nats-credentials/{{ .credentialsSecret.key }}
{{- end }}
{{- if .caSecret.name }}
- --journal-ca=/etc/waypost/nats-ca/{{ .caSecret.key }}
{{- end }}
{{- end }}
{{- end }}

{{- define "waypost.ledgerArgs" -}}
{{- with .root.Values.ledger }}
{{- with .retain }}
- --retain={{ . }}
{{- end }}
{{- with .retainPersonal }}
- --retain-personal={{ . }}
{{- end }}
{{- with .journalRetain }}
- --journal-retain={{ . }}
{{- end }}
{{- if .allowPrivateDeliveries }}
- --allow-private-deliveries
{{- end }}
{{- end }}
{{- end }}

{{/* The environment of all components; "env" holds entries of the component's own. */}}
{{- define "waypost.env" -}}
env:
{{- with include "waypost.memoryLimit" (dict "limit" ((.values.resources.limits).memory)) }}
- {name: GOMEMLIMIT, value: {{ . | quote }}}
{{- end }}
{{- with .root.Values.tracing }}
{{- with .endpoint }}
- {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ . | quote }}}
{{- end }}
{{- range $name, $value := .env }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end }}
{{- with .env }}
{{ . }}
{{- end }}
{{- with .values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Nine tenths of a memory limit in Mi or Gi, for the garbage collector; nothing for other spellings. */}}
{{- define "waypost.memoryLimit" -}}
{{- $limit := toString (default "" .limit) -}}
{{- if regexMatch "^[0-9]+Mi$" $limit }}
{{- div (mul (trimSuffix "Mi" $limit | int64) 90) 100 }}MiB
{{- else if regexMatch "^[0-9]+Gi$" $limit }}
{{- div (mul (trimSuffix "Gi" $limit | int64) 1024 90) 100 }}MiB
{{- end }}
{{- end }}

{{/* The URL of NATS: from a Secret of one's own, or from the chart's. */}}
{{- define "waypost.journalEnv" -}}
- name: WAYPOST_JOURNAL_URL
  valueFrom:
    secretKeyRef:
      {{- if .root.Values.nats.existingSecret.name }}
      name: {{ .root.Values.nats.existingSecret.name }}
      key: {{ .root.Values.nats.existingSecret.key }}
      {{- else }}
      name: {{ include "waypost.fullname" .root }}-connections
      key: journal-url
      {{- end }}
{{- end }}

{{- define "waypost.databaseEnv" -}}
- name: WAYPOST_DATABASE
  valueFrom:
    secretKeyRef:
      {{- if .root.Values.database.existingSecret.name }}
      name: {{ .root.Values.database.existingSecret.name }}
      key: {{ .root.Values.database.existingSecret.key }}
      {{- else }}
      name: {{ include "waypost.fullname" .root }}-connections
      key: database-url
      {{- end }}
{{- end }}

{{/* Alive is another question than ready: a tracker without an API server is alive. */}}
{{- define "waypost.probes" -}}
startupProbe:
  httpGet: {path: /healthz, port: {{ .health | default "admin" }}}
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /healthz, port: {{ .health | default "admin" }}}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
readinessProbe:
  httpGet: {path: {{ .ready | default "/readyz" }}, port: {{ .health | default "admin" }}}
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 2
resources:
  {{- toYaml .values.resources | nindent 2 }}
{{- end }}

{{/* Secrets are readable for the pod's group alone. */}}
{{- define "waypost.keysVolume" -}}
- name: keys
  secret: {secretName: {{ include "waypost.keysSecret" .root }}, defaultMode: 0440}
{{- end }}

{{- define "waypost.verifyVolume" -}}
- name: verify
  secret: {secretName: {{ include "waypost.keysSecret" .root }}-verify, defaultMode: 0440}
{{- end }}

{{- define "waypost.geoipVolume" -}}
{{- with .root.Values.tracker.geoip.volume }}
- name: geoip
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "waypost.geoipMount" -}}
{{- if .root.Values.tracker.geoip.volume }}
- {name: geoip, mountPath: /etc/waypost/geoip, readOnly: true}
{{- end }}
{{- end }}

{{- define "waypost.natsVolumes" -}}
{{- with .root.Values.nats.credentialsSecret.name }}
- name: nats-credentials
  secret: {secretName: {{ . }}, defaultMode: 0440}
{{- end }}
{{- with .root.Values.nats.caSecret.name }}
- name: nats-ca
  secret: {secretName: {{ . }}, defaultMode: 0440}
{{- end }}
{{- end }}

{{- define "waypost.natsMounts" -}}
{{- if .root.Values.nats.credentialsSecret.name }}
- {name: nats-credentials, mountPath: /etc/waypost/nats-credentials, readOnly: true}
{{- end }}
{{- if .root.Values.nats.caSecret.name }}
- {name: nats-ca, mountPath: /etc/waypost/nats-ca, readOnly: true}
{{- end }}
{{- end }}

{{/* A claim of a StatefulSet. Call with (dict "root" $ "component" "ledger" "persistence" .Values.ledger.persistence). */}}
{{- define "waypost.claim" -}}
- metadata:
    name: data
    labels:
      {{- include "waypost.selector" . | nindent 6 }}
      {{- with .persistence.labels }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    {{- with .persistence.annotations }}
    annotations:
      {{- toYaml . | nindent 6 }}
    {{- end }}
  spec:
    accessModes: [ReadWriteOnce]
    {{- with .persistence.storageClassName }}
    storageClassName: {{ . }}
    {{- end }}
    resources:
      requests: {storage: {{ .persistence.size }}}
{{- end }}
