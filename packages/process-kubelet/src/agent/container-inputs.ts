import { parseQuantity } from '@kaito-ts/kube-runtime';
import { containerEnvironment, environmentReferences } from '../pod/environment.ts';
import type { PodGround } from '../containers/mounts.ts';
import type { GpuAllocator } from '../node/gpu-allocator.ts';
import { ConfigurationError } from '../pod/configuration-error.ts';
import type { Container, Pod } from '../pod/pod.ts';
import { ImageError } from '../images/image-error.ts';
import type { NodeServices } from './services.ts';

const gpuResource = 'nvidia.com/gpu';

/** Thrown when a container's image is not to be had; carries the waiting reason that Kubernetes uses. */
export class ImagePullError extends Error {
  override readonly name = 'ImagePullError';
  readonly reason: 'ErrImagePull' | 'ImagePullBackOff' | 'ErrImageNeverPull' | 'InvalidImageName';

  constructor(reason: ImagePullError['reason'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

export function blockedByImage(
  error: unknown,
  { image, imagePullPolicy }: Container,
  failures: number,
): unknown {
  if (!(error instanceof ImageError)) return error;
  const options = { cause: error };
  if (error.code === 'REFERENCE_INVALID')
    return new ImagePullError('InvalidImageName', error.message, options);
  if (imagePullPolicy === 'Never') return new ImagePullError('ErrImageNeverPull', error.message, options);
  if (failures === 0) return new ImagePullError('ErrImagePull', error.message, options);
  return new ImagePullError(
    'ImagePullBackOff',
    `Back-off pulling image "${image}": ${error.message}`,
    options,
  );
}

/** Reads the ConfigMaps and Secrets that the container's variables come from, then makes the variables. */
export async function resolveEnvironment(
  container: Container,
  pod: Pod,
  { ground, services }: { readonly ground: PodGround; readonly services: NodeServices },
): Promise<ReadonlyMap<string, string>> {
  const namespace = pod.metadata.namespace ?? 'default';
  const read = new Map<string, Readonly<Record<string, string>> | undefined>();
  for (const { kind, name } of environmentReferences(container)) {
    const data = await (kind === 'ConfigMap'
      ? services.sources.configMap(namespace, name)
      : services.sources.secret(namespace, name));
    read.set(`${kind}/${name}`, data === undefined ? undefined : texts(data));
  }
  return containerEnvironment({
    pod,
    container,
    objects: {
      configMap: (name) => read.get(`ConfigMap/${name}`),
      secret: (name) => read.get(`Secret/${name}`),
    },
    facts: { hostIP: services.hostIP, podIP: ground.podIP, allocatable: services.allocatable },
  });
}

/** The GPUs that the container asked for, told to it as device plugins and CUDA do. */
export function gpuVariables(
  container: Container,
  pod: Pod,
  gpus: GpuAllocator,
): readonly (readonly [string, string])[] {
  const billionths = parseQuantity(container.resources?.limits?.[gpuResource] ?? 0) ?? 0n;
  const count = Number(billionths / 1_000_000_000n);
  if (count === 0) return [];
  const taken = gpus.take(`${pod.metadata.uid ?? ''}/${container.name}`, count);
  if (taken === undefined) {
    throw new ConfigurationError(
      'CreateContainerConfigError',
      `${count} of ${gpuResource} were asked for, but fewer are free on this node`,
    );
  }
  const list = taken.join(',');
  return [
    ['NVIDIA_VISIBLE_DEVICES', list],
    ['CUDA_VISIBLE_DEVICES', list],
  ];
}

function texts(data: ReadonlyMap<string, Buffer>): Readonly<Record<string, string>> {
  return Object.fromEntries([...data].map(([key, value]) => [key, value.toString('utf8')]));
}
