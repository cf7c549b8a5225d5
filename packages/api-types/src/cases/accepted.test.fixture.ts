import {
  adapter,
  adapterWorkspace,
  type Json,
  presetWorkspace,
  templateWorkspace,
  tuningWorkspace,
} from './builders.test.fixture.ts';

/** Manifests that must be accepted, by everyone. */
export const accepted: readonly { readonly name: string; readonly manifest: Json }[] = [
  { name: 'preset alone', manifest: { ...presetWorkspace(), resource: undefined } },
  {
    name: 'preset of an organisation',
    manifest: presetWorkspace({ inference: { preset: { name: 'Qwen/Qwen2.5-Coder-7B-Instruct' } } }),
  },
  { name: 'v1alpha1', manifest: presetWorkspace({ apiVersion: 'kaito.sh/v1alpha1' }) },
  {
    name: 'selector by expressions',
    manifest: presetWorkspace({
      resource: {
        labelSelector: {
          matchExpressions: [
            { key: 'apps', operator: 'In', values: ['a', 'b'] },
            { key: 'gpu', operator: 'Exists' },
          ],
        },
      },
    }),
  },
  {
    name: 'reserved label beside another',
    manifest: presetWorkspace({
      resource: { labelSelector: { matchLabels: { apps: 'x', 'kaito.sh/workspace': 'x' } } },
    }),
  },
  { name: 'MIG without a profile', manifest: presetWorkspace({ resource: { partition: { mode: 'mig' } } }) },
  {
    name: 'accelerators',
    manifest: presetWorkspace({ resource: { partition: { mode: 'accelerator', count: 2 } } }),
  },
  { name: 'pod template', manifest: templateWorkspace() },
  ...['0', '1', '0.5', '1.0', '.5', '1.', '1e0', '5E-1', '+0.25', '0e999'].map((strength) => ({
    name: `strength ${strength}`,
    manifest: adapterWorkspace(adapter(strength)),
  })),
  {
    name: 'ten adapters',
    manifest: adapterWorkspace(...Array.from({ length: 10 }, (_, index) => adapter('1', `a${index}`))),
  },
  {
    name: 'adapter in a volume',
    manifest: adapterWorkspace({
      source: { name: 'pirate', volumeSource: { persistentVolumeClaim: { claimName: 'p' } } },
    }),
  },
  ...[
    'kaito-demo/own-pirate:1',
    'localhost:5000/a/b',
    `registry.example/a@sha256:${'0'.repeat(64)}`,
    'Registry.Example/a',
  ].map((image) => ({
    name: `image ${image.slice(0, 30)}`,
    manifest: adapterWorkspace({ source: { name: 'pirate', image } }),
  })),
  { name: 'tuning', manifest: tuningWorkspace() },
  { name: 'tuning in capitals', manifest: tuningWorkspace({ tuning: { method: 'QLoRA' } }) },
  {
    name: 'tuning between volumes',
    manifest: tuningWorkspace({
      tuning: {
        input: { volumeSource: { persistentVolumeClaim: { claimName: 'in' } } },
        output: { volumeSource: { persistentVolumeClaim: { claimName: 'out' } } },
      },
    }),
  },
  { name: 'nulls', manifest: presetWorkspace({ tuning: null, inference: { config: null, adapters: null } }) },
];
