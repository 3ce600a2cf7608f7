{{/* The release's name, with the chart's unless it says so itself; short enough for the suffixes that follow. */}}
{{- define "logloop.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "logloop.claim" -}}
{{- .Values.persistence.existingClaim | default (printf "%s-data" (include "logloop.fullname" .)) -}}
{{- end -}}

{{- define "logloop.accessSecret" -}}
{{- .Values.access.existingSecret | default (printf "%s-access" (include "logloop.fullname" .)) -}}
{{- end -}}

{{/* What a Deployment selects its pods by; call with (list . "analyzer"). */}}
{{- define "logloop.selectorLabels" -}}
app.kubernetes.io/name: logloop
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{- define "logloop.labels" -}}
{{ include "logloop.selectorLabels" . }}
app.kubernetes.io/version: {{ (index . 0).Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
helm.sh/chart: {{ printf "%s-%s" (index . 0).Chart.Name (index . 0).Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* What the restricted Pod Security Standard asks of a pod, and a group that can write to volumes. */}}
{{- define "logloop.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "logloop.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}

{{/* Where a pod may run; call with .Values.operator or .Values.analyzer. */}}
{{- define "logloop.placement" -}}
{{- with .nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
