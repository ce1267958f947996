{{/* Name resolution, by any resolver of the cluster or of the node. */}}
{{- define "waypost.egressDNS" -}}
- ports:
  - {protocol: UDP, port: 53}
  - {protocol: TCP, port: 53}
{{- end }}

{{- define "waypost.egressAPIServer" -}}
- to:
  {{- range .Values.networkPolicy.apiServer.cidrs }}
  - ipBlock: {cidr: {{ . | quote }}}
  {{- end }}
  ports:
  {{- range .Values.networkPolicy.apiServer.ports }}
  - {protocol: TCP, port: {{ . }}}
  {{- end }}
{{- end }}

{{- define "waypost.egressNATS" -}}
{{- with .Values.networkPolicy.nats }}
- ports:
  - {protocol: TCP, port: {{ .port }}}
  {{- with .to }}
  to:
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "waypost.egressDatabase" -}}
{{- with .Values.networkPolicy.database }}
- ports:
  - {protocol: TCP, port: {{ .port }}}
  {{- with .to }}
  to:
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
{{- end }}

{{/* Partners' and advertisers' servers: any port of any public address. */}}
{{- define "waypost.egressDeliveries" -}}
{{- $four := list }}
{{- $six := list }}
{{- range .Values.networkPolicy.deliveries.exceptCIDRs }}
{{- if contains ":" . }}{{ $six = append $six . }}{{ else }}{{ $four = append $four . }}{{ end }}
{{- end }}
- to:
  - ipBlock:
      cidr: 0.0.0.0/0
      {{- if not .Values.ledger.allowPrivateDeliveries }}
      except: {{ toJson $four }}
      {{- end }}
  - ipBlock:
      cidr: ::/0
      {{- if not .Values.ledger.allowPrivateDeliveries }}
      except: {{ toJson $six }}
      {{- end }}
{{- end }}

{{/* The collector of traces: the port of its URL, where there is one. */}}
{{- define "waypost.egressTracing" -}}
{{- $url := urlParse .Values.tracing.endpoint }}
- ports:
  - {protocol: TCP, port: {{ regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) | default (ternary 443 80 (eq $url.scheme "https")) }}}
  {{- with .Values.networkPolicy.tracing.to }}
  to:
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* What every component may reach beside its own needs. */}}
{{- define "waypost.egressExtra" -}}
{{- if .Values.tracing.endpoint }}
{{- include "waypost.egressTracing" . }}
{{- end }}
{{- with .Values.networkPolicy.extraEgress }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The admin port: for the operator, which asks what is served, and for whom the installation allows it. */}}
{{- define "waypost.ingressAdmin" -}}
- ports:
  - {protocol: TCP, port: admin}
  from:
  - podSelector:
      matchLabels:
        {{- include "waypost.selector" (dict "root" . "component" "operator") | nindent 8 }}
  {{- with .Values.networkPolicy.adminFrom }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{- define "waypost.ingressPublic" -}}
- ports:
  - {protocol: TCP, port: public}
  {{- with .Values.networkPolicy.publicFrom }}
  from:
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* A policy up to its rules. */}}
{{- define "waypost.networkPolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "waypost.metadata" (merge (dict "name" (printf "%s-%s" (include "waypost.fullname" .root) .component)) .) | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "waypost.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
{{- end }}
