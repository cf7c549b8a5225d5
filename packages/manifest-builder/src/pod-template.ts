import type { Container, PodSpec, PodTemplate, ResourceRequirements } from './kubernetes.ts';
import type { DeviceRequest, InferenceInput, PresetServing } from './input.ts';
import { annotations, labels } from '@kaito-ts/api-types';
import { launcherEnvironment } from './environment.ts';
import { initContainers } from './init-containers.ts';
import { drainSeconds, mainContainerName, paths, servingPort } from './layout.ts';
import { joinTolerations, nodeRequirementsOf, withPlacement } from './placement.ts';
import { servingProbes } from './probes.ts';
import { restrictedContainer, restrictedPod } from './security.ts';
import { mainContainerMounts, servingVolumes } from './volumes.ts';

/** The pod template without its revision, which is computed from it. */
export function podTemplate(input: InferenceInput): PodTemplate {
  const { workspace, serving } = input;
  const own: PodTemplate =
    serving.kind === 'preset'
      ? { metadata: {}, spec: presetPod(input, serving) }
      : structuredClone((workspace.inference?.template ?? {}) as PodTemplate);
  return {
    ...own,
    metadata: {
      ...(own.metadata?.annotations !== undefined && { annotations: own.metadata.annotations }),
      labels: { ...own.metadata?.labels, [labels.workspace]: workspace.metadata.name },
    },
    spec: placed(own.spec ?? { containers: [] }, input),
  };
}

export function withRevision(template: PodTemplate, revision: string): PodTemplate {
  const { metadata } = template;
  return {
    ...template,
    metadata: { ...metadata, annotations: { ...metadata?.annotations, [annotations.revision]: revision } },
  };
}

function placed(spec: PodSpec, { workspace, nodeRequirements = [] }: InferenceInput): PodSpec {
  const required = [...nodeRequirementsOf(workspace.resource), ...nodeRequirements];
  const affinity = withPlacement(spec.affinity, required, workspace.resource?.preferredNodes ?? []);
  return {
    ...spec,
    ...(affinity !== undefined && { affinity }),
    tolerations: joinTolerations(spec.tolerations ?? []),
  };
}

function presetPod(input: InferenceInput, serving: PresetServing): PodSpec {
  const adapters = input.workspace.inference?.adapters ?? [];
  const pullSecrets = imagePullSecrets(input.workspace);
  return {
    ...(pullSecrets.length > 0 && { imagePullSecrets: pullSecrets.map((name) => ({ name })) }),
    automountServiceAccountToken: false,
    // A Service called `vllm` or `kaito` would otherwise set VLLM_PORT or KAITO_PORT in every pod beside it.
    enableServiceLinks: false,
    securityContext: restrictedPod(),
    terminationGracePeriodSeconds: drainSeconds,
    initContainers: initContainers(serving, adapters),
    containers: [mainContainer(input, serving)],
    volumes: servingVolumes(serving, adapters),
  };
}

/** presetOptions.imagePullSecrets counts as well: upstream ignores it, yet whoever wrote it meant just this. */
function imagePullSecrets({ inference }: InferenceInput['workspace']): readonly string[] {
  const forModel = inference?.preset?.presetOptions?.imagePullSecrets ?? [];
  const forAdapters = (inference?.adapters ?? []).flatMap(({ source }) => source.imagePullSecrets ?? []);
  return [...new Set([...forModel, ...forAdapters])];
}

function mainContainer(input: InferenceInput, serving: PresetServing): Container {
  const { workspace, shape } = input;
  return {
    name: mainContainerName(workspace.metadata.name),
    image: serving.runtime.image,
    command: [`${paths.injection}/bin/tini`, '--', `${paths.injection}/bin/launcher`],
    env: launcherEnvironment({ workspace, serving, shape }),
    ports: [{ name: 'http', containerPort: servingPort, protocol: 'TCP' }],
    resources: deviceResources(shape.device),
    ...servingProbes(serving.startupBudgetSeconds),
    securityContext: restrictedContainer(),
    terminationMessagePath: paths.terminationLog,
    terminationMessagePolicy: 'File',
    volumeMounts: mainContainerMounts(serving),
  };
}

function deviceResources(device: DeviceRequest): ResourceRequirements {
  if (device.kind === 'gpu') {
    const gpus = { [device.resourceName]: String(device.count) };
    return { requests: gpus, limits: gpus };
  }
  if (device.memoryRequestBytes === undefined) return {};
  return { requests: { memory: binaryQuantity(device.memoryRequestBytes) } };
}

/** The form in which the API server stores it: what is written otherwise would differ from itself when read back. */
function binaryQuantity(bytes: number): string {
  const suffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti'];
  let [value, step] = [bytes, 0];
  while (step < suffixes.length - 1 && value > 0 && value % 1024 === 0)
    [value, step] = [value / 1024, step + 1];
  return `${value}${suffixes[step]}`;
}
