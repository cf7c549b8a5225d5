import type {
  ConfigMap,
  Deployment,
  KubeObject,
  Node,
  Pod,
  Service,
  StatefulSet,
} from '@kaito-ts/kube-runtime';
import { dataKeys, workspaceNames } from '@kaito-ts/api-types';
import { controllerOf } from '@kaito-ts/kube-runtime';

/** What caches drop: everything that no planner reads. On a large cluster this is most of the operator's memory. */

const keptAnnotationPrefix = 'kaito.sh/';

/** Pods keep who they are, where they run, what they ask for and how they are. */
export function slimPod(pod: Pod): Pod {
  const { name, namespace, uid, resourceVersion, labels, annotations } = pod.metadata;
  const { creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
  const { spec, status } = pod;
  return {
    metadata: {
      name,
      namespace,
      uid,
      resourceVersion,
      creationTimestamp,
      deletionTimestamp,
      deletionGracePeriodSeconds,
      labels,
      annotations: ownAnnotations(annotations),
    },
    spec: {
      nodeName: spec?.nodeName,
      containers: (spec?.containers ?? []).map(({ name: container, resources }) => ({
        name: container,
        resources,
      })),
      initContainers: (spec?.initContainers ?? [])
        .filter(({ resources }) => resources?.requests !== undefined)
        .map(({ name: container, resources }) => ({ name: container, resources })),
    },
    status: {
      phase: status?.phase,
      reason: status?.reason,
      message: status?.message,
      conditions: status?.conditions?.filter(({ type }) => type === 'Ready' || type === 'PodScheduled'),
      initContainerStatuses: status?.initContainerStatuses,
      containerStatuses: status?.containerStatuses,
    },
  } as Pod;
}

/** A node's images alone can be larger than all else. */
export function slimNode(node: Node): Node {
  const { name, uid, resourceVersion, deletionTimestamp, labels } = node.metadata;
  return {
    metadata: { name, uid, resourceVersion, deletionTimestamp, labels },
    spec: { unschedulable: node.spec?.unschedulable, taints: node.spec?.taints },
    status: {
      allocatable: node.status?.allocatable,
      conditions: node.status?.conditions
        ?.filter(({ type }) => type === 'Ready')
        .map(({ type, status, reason }) => ({ type, status, reason })),
    },
  } as Node;
}

/**
 * Ours without the counts of their status, but for one that is being emptied: a Workspace that goes waits for its pods.
 * Those of others by name and owner only, to see that a name is taken.
 */
export function slimOwned<T extends Deployment | StatefulSet | Service>(object: T): T {
  const { status, ...own } = object;
  if (controllerOf(object)?.kind === workspaceNames.kind) {
    const refusals = refusalsIn(status);
    const kept = {
      ...countsIfEmptied(object),
      ...(refusals.length > 0 && { conditions: refusals }),
    };
    return (Object.keys(kept).length === 0 ? own : { ...own, status: kept }) as T;
  }
  const { name, namespace, uid, resourceVersion, ownerReferences } = object.metadata;
  return { metadata: { name, namespace, uid, resourceVersion, ownerReferences } } as T;
}

interface Workload {
  readonly spec?: { readonly replicas?: number };
  readonly status?: { readonly observedGeneration?: number; readonly replicas?: number };
}

function countsIfEmptied(object: KubeObject): Workload['status'] {
  const { spec, status } = object as Workload;
  return spec?.replicas === 0 && status !== undefined
    ? { observedGeneration: status.observedGeneration ?? 0, replicas: status.replicas ?? 0 }
    : undefined;
}

interface Conditioned {
  readonly conditions?: readonly { readonly type: string }[];
}

/** Pods that are refused have nobody else to say so. */
function refusalsIn(status: Conditioned | undefined): NonNullable<Conditioned['conditions']> {
  return (status?.conditions ?? []).filter(({ type }) => type === 'ReplicaFailure');
}

/** Of a ConfigMap only the one text that a Workspace may name. */
export function slimConfigMap(configMap: ConfigMap): ConfigMap {
  const { name, namespace, uid, resourceVersion } = configMap.metadata;
  const content = configMap.data?.[dataKeys.inferenceConfig];
  return {
    metadata: { name, namespace, uid, resourceVersion },
    ...(content !== undefined && { data: { [dataKeys.inferenceConfig]: content } }),
  };
}

function ownAnnotations(annotations: KubeObject['metadata']['annotations']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(annotations ?? {}).filter(([key]) => key.startsWith(keptAnnotationPrefix)),
  );
}
