{{- /* Values of upstream's chart that cannot be followed: each is refused with what stands in its place. */}}
{{- define "kaito.refuse" -}}
{{- $streaming := "model mirrors and streaming are not part of this release" }}
{{- $addOn := "this chart installs no add-ons: install it by its own chart" }}
{{- $refused := dict
  "presetRegistryName" "there are no preset images to prefix: name the images with runtimeImages and launcherImage"
  "loggingConfigMapName" "there is no logging ConfigMap: use logging.level"
  "inferenceSetClusterRoleName" "InferenceSets are not served by this release"
  "inferenceSetClusterRoleBindingName" "InferenceSets are not served by this release"
  "defaultModelMirrorStorageClass" $streaming
  "defaultStreamingServiceAccount" $streaming
  "modelMirrorDownloadCPU" $streaming
  "modelMirrorDownloadMemory" $streaming
  "nvidiaDevicePlugin" $addOn
  "spotInstance" $addOn
  "localCSIDriver" $addOn
  "local-csi-driver" $addOn
  "gpu-feature-discovery" $addOn
  "flux2" $addOn
  "productionstack" $addOn
}}
{{- range $name, $instead := $refused }}
{{- $value := get $.Values $name }}
{{- $off := and (kindIs "map" $value) (or (eq (toString (get $value "enabled")) "false") (eq (toString (get $value "useLocalCSIDriver")) "false")) }}
{{- if and $value (not $off) }}
{{- fail (printf "%s: %s" $name $instead) }}
{{- end }}
{{- end }}
{{- end }}
