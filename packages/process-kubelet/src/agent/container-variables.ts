import { parseQuantity } from '@kaito-ts/kube-runtime';
import { containerEnvironment, environmentReferences } from '../pod/environment.ts';
import type { PodGround } from '../containers/mounts.ts';
import type { GpuAllocator } from '../node/gpu-allocator.ts';
import { ConfigurationError } from '../pod/configuration-error.ts';
import type { Container, Pod } from '../pod/pod.ts';
import type { NodeServices } from './services.ts';

const gpuResource = 'nvidia.com/gpu';

interface Surroundings {
  readonly ground: PodGround;
  readonly services: NodeServices;
}

/** A container's own environment variables; what it says itself wins over what its GPUs say. */
export async function containerVariables(
  container: Container,
  pod: Pod,
  surroundings: Surroundings,
): Promise<ReadonlyMap<string, string>> {
  const ofGpus = gpuVariables(container, pod, surroundings.services.gpus);
  return new Map([...ofGpus, ...(await resolveEnvironment(container, pod, surroundings))]);
}

/** Reads the ConfigMaps and Secrets that the container's variables come from, then makes the variables. */
async function resolveEnvironment(
  container: Container,
  pod: Pod,
  { ground, services }: Surroundings,
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
function gpuVariables(
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
