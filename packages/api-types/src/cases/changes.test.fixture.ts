import {
  adapter,
  adapterWorkspace,
  type Json,
  presetWorkspace,
  templateWorkspace,
  tuningWorkspace,
} from './builders.test.fixture.ts';

/** A change, and the field that refuses it; without a field the change is allowed. */
export interface Change {
  readonly name: string;
  readonly from: Json;
  readonly to: Json;
  readonly refusedAt?: string;
}

const withAccessSecret = presetWorkspace({
  inference: { preset: { name: 'phi-4-mini-instruct', presetOptions: { modelAccessSecret: 's' } } },
});
const ofType = (instanceType: string | undefined): Json => presetWorkspace({ resource: { instanceType } });
const partitioned = (count: number): Json =>
  presetWorkspace({ resource: { partition: { mode: 'accelerator', count } } });

export const changes: readonly Change[] = [
  {
    name: 'count',
    from: presetWorkspace(),
    to: presetWorkspace({ resource: { count: 2 } }),
    refusedAt: 'resource.count',
  },
  {
    name: 'label selector',
    from: presetWorkspace(),
    to: presetWorkspace({ resource: { labelSelector: { matchLabels: { apps: 'other' } } } }),
    refusedAt: 'resource.labelSelector',
  },
  { name: 'machine type exchanged', from: ofType('A'), to: ofType('B'), refusedAt: 'resource.instanceType' },
  { name: 'machine type removed', from: ofType('A'), to: ofType(undefined) },
  { name: 'machine type set', from: ofType(undefined), to: ofType('A') },
  { name: 'machine type set from empty', from: ofType(''), to: ofType('A') },
  { name: 'partition added', from: presetWorkspace(), to: partitioned(1), refusedAt: 'resource.partition' },
  { name: 'partition removed', from: partitioned(1), to: presetWorkspace(), refusedAt: 'resource.partition' },
  { name: 'partition changed', from: partitioned(1), to: partitioned(2), refusedAt: 'resource.partition' },
  {
    name: 'preferred nodes',
    from: presetWorkspace(),
    to: presetWorkspace({ resource: { preferredNodes: ['gpu-1'] } }),
  },
  {
    name: 'resource removed',
    from: presetWorkspace(),
    to: { ...presetWorkspace(), resource: undefined },
    refusedAt: 'resource',
  },
  {
    name: 'preset',
    from: presetWorkspace(),
    to: presetWorkspace({ inference: { preset: { name: 'phi-4' } } }),
    refusedAt: 'inference.preset',
  },
  { name: 'access secret', from: presetWorkspace(), to: withAccessSecret, refusedAt: 'inference.preset' },
  {
    name: 'empty preset options',
    from: presetWorkspace(),
    to: presetWorkspace({
      inference: { preset: { name: 'phi-4-mini-instruct', accessMode: 'public', presetOptions: {} } },
    }),
  },
  {
    name: 'preset to template',
    from: presetWorkspace(),
    to: templateWorkspace(),
    refusedAt: 'inference.template',
  },
  {
    name: 'template content',
    from: templateWorkspace(),
    to: templateWorkspace({ spec: { containers: [{ name: 'main', image: 'example/serve:2' }] } }),
  },
  { name: 'adapters added', from: presetWorkspace(), to: adapterWorkspace(adapter('0.5')) },
  { name: 'strength', from: adapterWorkspace(adapter('0.25')), to: adapterWorkspace(adapter('1.0')) },
  {
    name: 'strength out of range',
    from: adapterWorkspace(adapter('0.25')),
    to: adapterWorkspace(adapter('1.5')),
    refusedAt: 'inference.adapters[0].strength',
  },
  { name: 'config', from: presetWorkspace(), to: presetWorkspace({ inference: { config: 'settings' } }) },
  { name: 'inference to tuning', from: presetWorkspace(), to: tuningWorkspace(), refusedAt: 'inference' },
  {
    name: 'tuning preset',
    from: tuningWorkspace(),
    to: tuningWorkspace({ tuning: { preset: { name: 'phi-4' } } }),
    refusedAt: 'tuning.preset',
  },
  {
    name: 'tuning method',
    from: tuningWorkspace(),
    to: tuningWorkspace({ tuning: { method: 'lora' } }),
    refusedAt: 'tuning.method',
  },
  {
    name: 'tuning method in other case',
    from: tuningWorkspace(),
    to: tuningWorkspace({ tuning: { method: 'QLoRA' } }),
  },
  {
    name: 'tuning input name',
    from: tuningWorkspace(),
    to: tuningWorkspace({ tuning: { input: { name: 'new', urls: ['https://example.com/data.parquet'] } } }),
    refusedAt: 'tuning.input.name',
  },
  { name: 'tuning config', from: tuningWorkspace(), to: tuningWorkspace({ tuning: { config: 'settings' } }) },
];
