import type { StoredWorkspace } from '@kaito-ts/cli';
import type { Applied } from '@kaito-ts/kube-runtime';
import { images } from './images.ts';

export interface WorkspaceOverrides {
  readonly preset?: string;
  readonly runtime?: string;
  readonly config?: string;
  /** Image of an adapter laid over the model. */
  readonly adapter?: string;
  /** Where the adapter comes from, instead of an image alone. */
  readonly adapterSource?: Readonly<Record<string, unknown>>;
  /** A pod instead of a preset. */
  readonly template?: PodSpec;
  readonly resource?: Readonly<Record<string, unknown>>;
}

export type PodSpec = Readonly<Record<string, unknown>> & { readonly containers: readonly object[] };

interface Place {
  readonly namespace: string;
  readonly name: string;
  readonly nodeName: string;
}

/** A Workspace of the demo's model on the real node, with what a fault wants different. */
export function aWorkspace(
  { namespace, name, nodeName }: Place,
  overrides: WorkspaceOverrides,
): Applied<StoredWorkspace> {
  const { preset = 'own-tiny-qwen2', runtime, config, adapter, adapterSource, template } = overrides;
  const source = adapterSource ?? (adapter === undefined ? undefined : { image: adapter });
  const adapters = source === undefined ? [] : [{ source: { name: 'adapter', ...source }, strength: '1.0' }];
  return {
    apiVersion: 'kaito.sh/v1beta1',
    kind: 'Workspace',
    metadata: {
      namespace,
      name,
      ...(runtime !== undefined && { annotations: { 'kaito.sh/runtime': runtime } }),
    },
    resource: {
      labelSelector: { matchLabels: { 'kubernetes.io/hostname': nodeName } },
      ...overrides.resource,
    },
    inference:
      template === undefined
        ? { preset: { name: preset }, ...(config !== undefined && { config }), adapters }
        : { template: { spec: template } },
  };
}

/** Selects only the nodes that kwok plays for a scene. */
export function onKwok(
  namespace: string,
  more: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return { labelSelector: { matchLabels: { 'kaito-faults/scene': namespace } }, ...more };
}

const restrictedContainer = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
} as const;

/** A container that the restricted level lets pass and that runs a shell script. */
export function aContainer(script: string, more: Readonly<Record<string, unknown>> = {}): object {
  return {
    name: 'main',
    image: images.busybox,
    command: ['/bin/busybox', 'sh', '-c', script],
    // Without it, a container that runs counts as ready, whatever becomes of it.
    readinessProbe: { tcpSocket: { port: 5000 }, periodSeconds: 1 },
    securityContext: restrictedContainer,
    ...more,
  };
}

/** Answers every request on the port that a Workspace's Service leads to. */
export const answering = 'exec /bin/busybox httpd -f -p 5000 -h /bin';

export function aPod(container: object, more: Readonly<Record<string, unknown>> = {}): PodSpec {
  return { terminationGracePeriodSeconds: 1, containers: [container], ...more };
}
