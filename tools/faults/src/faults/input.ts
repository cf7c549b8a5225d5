import { kinds } from '@kaito-ts/kube-runtime';
import type { Fault } from '../fault.ts';
import type { Scene } from '../scene.ts';

const inference = { condition: 'InferenceReady' } as const;
const goodConfig = (scene: Scene): Promise<void> => scene.configMap('llamacpp:\n  ctx-size: 512\n');

/** What a user writes and nobody can follow. */
export const inputFaults: readonly Fault[] = [
  {
    name: 'model unknown',
    engine: 'containers',
    inject: (scene) => scene.apply({ preset: 'own-tiny-qwen3' }),
    expect: {
      ...inference,
      reason: 'ModelUnknown',
      object: /^Workspace\/model$/,
      message: /own-tiny-qwen3.*own-tiny-qwen2/s,
    },
  },
  {
    name: 'runtime cannot serve the model',
    engine: 'containers',
    inject: (scene) => scene.apply({ runtime: 'ollama' }),
    expect: {
      ...inference,
      reason: 'RuntimeUnsupported',
      object: /^Workspace\/model$/,
      message: /no runtime is called "ollama"/,
    },
    heal: (scene) => scene.apply({ runtime: 'llamacpp' }),
  },
  {
    name: 'config absent',
    engine: 'containers',
    inject: (scene) => scene.apply({ config: 'settings' }),
    expect: {
      ...inference,
      reason: 'ConfigMapNotFound',
      object: /^ConfigMap\/settings$/,
      message: /does not exist in namespace fault-config-absent/,
    },
    heal: goodConfig,
  },
  {
    name: 'config without its key',
    engine: 'containers',
    inject: async (scene) => {
      await scene.configMap('llamacpp: {}\n', 'config.yaml');
      await scene.apply({ config: 'settings' });
    },
    expect: {
      ...inference,
      reason: 'ConfigKeyMissing',
      object: /^ConfigMap\/settings$/,
      message: /no key inference_config\.yaml/,
    },
    heal: goodConfig,
  },
  {
    name: 'config is no YAML',
    engine: 'containers',
    inject: async (scene) => {
      await scene.configMap('llamacpp:\n  ctx-size: [512\n');
      await scene.apply({ config: 'settings' });
    },
    expect: {
      ...inference,
      reason: 'ConfigUnreadable',
      object: /^ConfigMap\/settings$/,
      message: /inference_config\.yaml:\d+:\d+/,
    },
    heal: goodConfig,
  },
  {
    name: 'config key misspelt',
    engine: 'containers',
    inject: async (scene) => {
      await scene.configMap('llamacpp:\n  ctx-zise: 512\n');
      await scene.apply({ config: 'settings' });
    },
    expect: {
      ...inference,
      reason: 'ConfigInvalid',
      object: /^ConfigMap\/settings$/,
      message: /inference_config\.yaml:2:3: llamacpp\.ctx-zise: .*did you mean ctx-size/,
    },
    heal: goodConfig,
  },
  {
    name: 'Service name taken',
    engine: 'containers',
    inject: async (scene) => {
      await scene.put(kinds.services, {
        metadata: { name: scene.name },
        spec: { ports: [{ port: 80 }], selector: { app: 'other' } },
      });
      await scene.apply();
    },
    expect: {
      ...inference,
      reason: 'ServiceNameTaken',
      object: /^Service\/model$/,
      message: /was not made by kaito/,
    },
    heal: (scene) => scene.remove(kinds.services, scene.name),
  },
  {
    name: 'Deployment name taken',
    engine: 'containers',
    inject: async (scene) => {
      const labels = { app: 'other' };
      const template = { metadata: { labels }, spec: { containers: [{ name: 'other', image: 'other' }] } };
      await scene.put(kinds.deployments, {
        metadata: { name: scene.name },
        spec: { replicas: 0, selector: { matchLabels: labels }, template },
      });
      await scene.apply();
    },
    expect: {
      ...inference,
      reason: 'WorkloadConflict',
      object: /^Deployment\/model$/,
      message: /was not made by kaito/,
    },
    heal: (scene) => scene.remove(kinds.deployments, scene.name),
  },
];
