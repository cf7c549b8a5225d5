import { describe, expect, test } from 'vitest';
import {
  condition,
  now,
  observation,
  settings,
  workspace,
  type WorkspaceParts,
} from './builders.test.data.ts';
import type { ConfigObservation } from './observation.ts';
import { planWorkspace } from './plan.ts';

function config(content: string): ConfigObservation {
  return { name: 'params', state: 'present', content };
}

interface Case {
  readonly parts?: WorkspaceParts;
  readonly config?: ConfigObservation;
  readonly reason: string;
  readonly message: RegExp;
}

const cases: Readonly<Record<string, Case>> = {
  'unknown preset': {
    parts: { inference: { preset: { name: 'smal' } } },
    reason: 'ModelUnknown',
    message: /^Workspace\/phi: inference\.preset\.name: .*smal.*; next: .*small/,
  },
  'unknown runtime': {
    parts: { annotations: { 'kaito.sh/runtime': 'vlmm' } },
    reason: 'RuntimeUnsupported',
    message: /annotation kaito\.sh\/runtime: no runtime is called "vlmm"; next: use one of vllm/,
  },
  'runtime that cannot serve the model': {
    parts: { inference: { preset: { name: 'torch-only' } } },
    reason: 'RuntimeUnsupported',
    message: /vllm cannot serve torch-only; next: set annotation kaito\.sh\/runtime to transformers/,
  },
  'missing ConfigMap': {
    config: { name: 'params', state: 'missing', content: '' },
    reason: 'ConfigMapNotFound',
    message: /^ConfigMap\/params: .*does not exist in namespace demo; next: create it/,
  },
  'ConfigMap without the key': {
    config: { name: 'params', state: 'keyless', content: '' },
    reason: 'ConfigKeyMissing',
    message: /^ConfigMap\/params: it has no key inference_config\.yaml/,
  },
  'config not a map': {
    config: config('- a\n- b\n'),
    reason: 'ConfigInvalid',
    message: /^ConfigMap\/params: inference_config\.yaml/,
  },
  'config with a tab': {
    config: config('vllm:\n\tmax-model-len: 1\n'),
    reason: 'ConfigUnreadable',
    message: /^ConfigMap\/params: inference_config\.yaml:2/,
  },
  'misspelt flag': {
    config: config('vllm:\n  enable-prefix-caching: true\n  max-model-length: 1024\n'),
    reason: 'ConfigInvalid',
    message:
      /inference_config\.yaml:3:\d+: vllm\.max-model-length: is no flag of vllm 0\.32\.0; did you mean max-model-len\?/,
  },
  'wrong type': {
    config: config('vllm:\n  gpu-memory-utilization: much\n'),
    reason: 'ConfigInvalid',
    message: /inference_config\.yaml:2:\d+: vllm\.gpu-memory-utilization: must be a number, not "much"/,
  },
  'value that is none of the choices': {
    config: config('vllm:\n  dtype: int3\n'),
    reason: 'ConfigInvalid',
    message: /vllm\.dtype: must be one of auto, bfloat16, float16, not "int3"/,
  },
  tuning: {
    parts: {
      tuning: {
        preset: { name: 'small' },
        method: 'qlora',
        input: { urls: ['https://example.com/data.parquet'] },
        output: { image: 'registry.example.com/out:1', imagePushSecret: 'push' },
      },
    },
    reason: 'TuningNotImplemented',
    message: /^Workspace\/phi: tuning: .*; next: /,
  },
};

describe('what a user wrote wrong is said, and nothing is created', () => {
  test.each(Object.entries(cases))('%s', (_name, { parts = {}, config: configMap, reason, message }) => {
    const named =
      configMap === undefined ? parts : { inference: { preset: { name: 'small' }, config: 'params' } };
    const planned = planWorkspace(
      observation({ workspace: workspace(named), config: configMap }),
      settings(),
      now,
    );
    expect(planned.steps).toEqual([]);
    expect(condition(planned, 'WorkspaceSucceeded')).toMatchObject({ status: 'False', reason });
    expect(condition(planned, 'WorkspaceSucceeded')?.message).toMatch(message);
    expect(planned.status?.conditions?.find(({ status }) => status !== 'True')?.message).toMatch(message);
    expect(planned.events).toContainEqual(expect.objectContaining({ type: 'Warning', reason }));
  });

  test('a flag that a release dropped is left to the launcher', () => {
    const planned = planWorkspace(
      observation({
        workspace: workspace({ inference: { preset: { name: 'small' }, config: 'params' } }),
        config: config('vllm:\n  swap-space: 4\n  max_model_len: 2K\n'),
      }),
      settings(),
      now,
    );
    expect(planned.steps).not.toEqual([]);
  });
});
