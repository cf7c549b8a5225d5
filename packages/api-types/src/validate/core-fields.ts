/** Field names of core/v1 objects that lie opaque inside ours, as Kubernetes 1.34 knows them. */
export const podTemplateFields: readonly string[] = ['metadata', 'spec'];

export const podSpecFields: readonly string[] = (
  'activeDeadlineSeconds affinity automountServiceAccountToken containers dnsConfig dnsPolicy enableServiceLinks ' +
  'ephemeralContainers hostAliases hostIPC hostNetwork hostPID hostUsers hostname hostnameOverride imagePullSecrets ' +
  'initContainers nodeName nodeSelector os overhead preemptionPolicy priority priorityClassName readinessGates ' +
  'resourceClaims resources restartPolicy runtimeClassName schedulerName schedulingGates securityContext ' +
  'serviceAccount serviceAccountName setHostnameAsFQDN shareProcessNamespace subdomain ' +
  'terminationGracePeriodSeconds tolerations topologySpreadConstraints volumes'
).split(' ');

export const containerFields: readonly string[] = (
  'args command env envFrom image imagePullPolicy lifecycle livenessProbe name ports readinessProbe resizePolicy ' +
  'resources restartPolicy restartPolicyRules securityContext startupProbe stdin stdinOnce terminationMessagePath ' +
  'terminationMessagePolicy tty volumeDevices volumeMounts workingDir'
).split(' ');

export const volumeSourceFields: readonly string[] = (
  'awsElasticBlockStore azureDisk azureFile cephfs cinder configMap csi downwardAPI emptyDir ephemeral fc flexVolume ' +
  'flocker gcePersistentDisk gitRepo glusterfs hostPath image iscsi nfs persistentVolumeClaim photonPersistentDisk ' +
  'portworxVolume projected quobyte rbd scaleIO secret storageos vsphereVolume'
).split(' ');
