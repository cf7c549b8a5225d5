import type { KubeObject } from '@kaito-ts/kube-runtime';

/** The parts of a Pod that this node agent reads and writes; whatever else a Pod has, it leaves alone. */
export interface Pod extends KubeObject {
  readonly spec: PodSpec;
  readonly status?: PodStatus | undefined;
}

export type RestartPolicy = 'Always' | 'OnFailure' | 'Never';

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[] | undefined;
  readonly volumes?: readonly Volume[] | undefined;
  readonly restartPolicy?: RestartPolicy | undefined;
  readonly terminationGracePeriodSeconds?: number | undefined;
  readonly nodeName?: string | undefined;
  readonly hostNetwork?: boolean | undefined;
  readonly serviceAccountName?: string | undefined;
  readonly readinessGates?: readonly { readonly conditionType: string }[] | undefined;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[] | undefined;
  readonly args?: readonly string[] | undefined;
  readonly workingDir?: string | undefined;
  readonly env?: readonly EnvironmentVariable[] | undefined;
  readonly envFrom?: readonly EnvironmentSource[] | undefined;
  readonly ports?:
    | readonly { readonly name?: string | undefined; readonly containerPort: number }[]
    | undefined;
  readonly volumeMounts?: readonly VolumeMount[] | undefined;
  readonly resources?: Resources | undefined;
  readonly imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never' | undefined;
  /** On an init container, `Always` makes it a sidecar. */
  readonly restartPolicy?: 'Always' | undefined;
  readonly startupProbe?: Probe | undefined;
  readonly readinessProbe?: Probe | undefined;
  readonly livenessProbe?: Probe | undefined;
  readonly lifecycle?:
    | { readonly postStart?: Handler | undefined; readonly preStop?: Handler | undefined }
    | undefined;
  readonly terminationMessagePath?: string | undefined;
  readonly terminationMessagePolicy?: 'File' | 'FallbackToLogsOnError' | undefined;
}

interface Resources {
  readonly limits?: Readonly<Record<string, string | number>> | undefined;
  readonly requests?: Readonly<Record<string, string | number>> | undefined;
}

export interface EnvironmentVariable {
  readonly name: string;
  readonly value?: string | undefined;
  readonly valueFrom?:
    | {
        readonly fieldRef?: FieldReference | undefined;
        readonly resourceFieldRef?: ResourceFieldReference | undefined;
        readonly configMapKeyRef?: KeyReference | undefined;
        readonly secretKeyRef?: KeyReference | undefined;
      }
    | undefined;
}

export interface FieldReference {
  readonly fieldPath: string;
}

export interface ResourceFieldReference {
  readonly containerName?: string | undefined;
  readonly resource: string;
  readonly divisor?: string | number | undefined;
}

export interface KeyReference {
  readonly name: string;
  readonly key: string;
  readonly optional?: boolean | undefined;
}

interface EnvironmentSource {
  readonly prefix?: string | undefined;
  readonly configMapRef?: { readonly name: string; readonly optional?: boolean | undefined } | undefined;
  readonly secretRef?: { readonly name: string; readonly optional?: boolean | undefined } | undefined;
}

export interface VolumeMount {
  readonly name: string;
  readonly mountPath: string;
  readonly subPath?: string | undefined;
  readonly subPathExpr?: string | undefined;
}

export interface Volume {
  readonly name: string;
  readonly emptyDir?: { readonly medium?: string | undefined } | undefined;
  readonly configMap?: (FileSelection & { readonly name: string }) | undefined;
  readonly secret?: (FileSelection & { readonly secretName: string }) | undefined;
  readonly downwardAPI?: DownwardFiles | undefined;
  readonly projected?:
    | { readonly sources?: readonly ProjectedSource[] | undefined; readonly defaultMode?: number | undefined }
    | undefined;
  readonly hostPath?: { readonly path: string; readonly type?: string | undefined } | undefined;
  readonly image?: { readonly reference: string } | undefined;
  /** Kinds of volume that need a storage system show up under their own name. */
  readonly [kind: string]: unknown;
}

export interface FileSelection {
  readonly items?: readonly FileItem[] | undefined;
  readonly defaultMode?: number | undefined;
  readonly optional?: boolean | undefined;
}

interface FileItem {
  readonly key: string;
  readonly path: string;
  readonly mode?: number | undefined;
}

export interface DownwardFiles {
  readonly items?: readonly DownwardItem[] | undefined;
  readonly defaultMode?: number | undefined;
}

interface DownwardItem {
  readonly path: string;
  readonly mode?: number | undefined;
  readonly fieldRef?: FieldReference | undefined;
  readonly resourceFieldRef?: ResourceFieldReference | undefined;
}

export interface ProjectedSource {
  readonly configMap?: (FileSelection & { readonly name: string }) | undefined;
  readonly secret?: (FileSelection & { readonly name: string }) | undefined;
  readonly downwardAPI?: DownwardFiles | undefined;
  readonly serviceAccountToken?:
    | {
        readonly path: string;
        readonly audience?: string | undefined;
        readonly expirationSeconds?: number | undefined;
      }
    | undefined;
}

export interface Probe extends Handler {
  readonly tcpSocket?: { readonly host?: string | undefined; readonly port: number | string } | undefined;
  readonly grpc?: { readonly port: number } | undefined;
  readonly initialDelaySeconds?: number | undefined;
  readonly periodSeconds?: number | undefined;
  readonly timeoutSeconds?: number | undefined;
  readonly successThreshold?: number | undefined;
  readonly failureThreshold?: number | undefined;
  readonly terminationGracePeriodSeconds?: number | undefined;
}

export interface Handler {
  readonly exec?: { readonly command?: readonly string[] | undefined } | undefined;
  readonly httpGet?: HttpGet | undefined;
  readonly sleep?: { readonly seconds: number } | undefined;
}

export interface HttpGet {
  readonly host?: string | undefined;
  readonly path?: string | undefined;
  readonly port: number | string;
  readonly scheme?: 'HTTP' | 'HTTPS' | undefined;
  readonly httpHeaders?: readonly { readonly name: string; readonly value: string }[] | undefined;
}

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

export interface PodStatus {
  readonly phase?: PodPhase | undefined;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly conditions?: readonly PodCondition[] | undefined;
  readonly hostIP?: string | undefined;
  readonly hostIPs?: readonly { readonly ip: string }[] | undefined;
  readonly podIP?: string | undefined;
  readonly podIPs?: readonly { readonly ip: string }[] | undefined;
  readonly startTime?: string | undefined;
  readonly initContainerStatuses?: readonly ContainerStatus[] | undefined;
  readonly containerStatuses?: readonly ContainerStatus[] | undefined;
}

export interface PodCondition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly lastTransitionTime?: string | null | undefined;
  readonly lastProbeTime?: string | null | undefined;
}

export interface ContainerStatus {
  readonly name: string;
  readonly image: string;
  readonly imageID: string;
  readonly containerID?: string | undefined;
  readonly restartCount: number;
  readonly ready: boolean;
  readonly started?: boolean | undefined;
  readonly state: ContainerState;
  readonly lastState: ContainerState;
}

export interface ContainerState {
  readonly waiting?: { readonly reason: string; readonly message?: string | undefined } | undefined;
  readonly running?: { readonly startedAt: string } | undefined;
  readonly terminated?: TerminatedState | undefined;
}

export interface TerminatedState {
  readonly exitCode: number;
  readonly signal?: number | undefined;
  readonly reason: string;
  readonly message?: string | undefined;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly containerID?: string | undefined;
}

export const defaultTerminationGraceSeconds = 30;
export const defaultTerminationMessagePath = '/dev/termination-log';
