import { describe, expect, expectTypeOf, it } from 'vitest';
import { presetWorkspace, tuningWorkspace } from '../cases/builders.test.fixture.ts';
import type { FieldIssue } from '../issues/field-issue.ts';
import type { Adapter } from '../schema/inference.ts';
import type { Workspace } from '../schema/workspace.ts';
import { parseWorkspace } from './parse-workspace.ts';

it('fills in what the CRD would', () => {
  const workspace = parseWorkspace({ ...presetWorkspace(), resource: { labelSelector: {} } });
  expect(workspace).toMatchObject({
    ok: true,
    value: { resource: { count: 1 }, inference: { preset: { accessMode: 'public' } } },
  });
});

it('reads null as absent, as the API server does', () => {
  const workspace = parseWorkspace(
    presetWorkspace({ metadata: { name: 'a', creationTimestamp: null }, tuning: null }),
  );
  expect(workspace).toMatchObject({ ok: true, value: { metadata: { name: 'a' } } });
  expect(workspace.ok && workspace.value).not.toHaveProperty('tuning');
});

it('keeps what lies opaque inside', () => {
  const template = { spec: { containers: [{ name: 'a', image: 'b' }], anything: { goes: [1] } } };
  const workspace = parseWorkspace(presetWorkspace({ inference: { preset: undefined, template } }));
  expect(workspace).toMatchObject({ ok: true, value: { inference: { template } } });
});

it('does not touch its input', () => {
  const input = Object.freeze(presetWorkspace({ tuning: null }));
  parseWorkspace(input);
  expect(input).toHaveProperty('tuning', null);
});

describe('says', () => {
  it.each([
    ['which field was meant', presetWorkspace({ inferense: {} }), 'inferense', 'did you mean "inference"?'],
    [
      'which field deep inside was meant',
      adapter({ source: { name: 'a', imgae: 'x' } }),
      'inference.adapters[0].source.imgae',
      'did you mean "image"?',
    ],
    [
      'which field a short name stands for',
      tuningWorkspace({ tuning: { input: { volume: {} } } }),
      'tuning.input.volume',
      'did you mean "volumeSource"?',
    ],
    ['that text wants quotes', adapter({ strength: 0.5 }), 'inference.adapters[0].strength', 'write "0.5"'],
    [
      'what a field should be',
      presetWorkspace({ resource: { preferredNodes: 'gpu-1' } }),
      'resource.preferredNodes',
      'must be a list, not "gpu-1"',
    ],
    ['what is missing', { ...presetWorkspace(), metadata: {} }, 'metadata.name', 'is required'],
    [
      'which values there are',
      presetWorkspace({ resource: { partition: { mode: 'slice' } } }),
      'resource.partition.mode',
      'must be mig or accelerator',
    ],
    ['that there is no spec', presetWorkspace({ spec: {} }), 'spec', 'unknown field'],
    ['that no map is no Workspace', 'text', '', 'must be a map'],
  ])('%s', (_name, input, path, said) => {
    const message = expect.stringContaining(said) as string;
    expect(issuesOf(input)).toContainEqual(expect.objectContaining({ path, message, severity: 'error' }));
  });

  it('everything at once', () => {
    const input = presetWorkspace({
      metadata: { name: 'A' },
      resource: { count: 'two' },
      inference: { adapters: {} },
    });
    expect(issuesOf(input).map(({ path }) => path)).toEqual([
      'metadata.name',
      'resource.count',
      'inference.adapters',
    ]);
  });
});

it('gives types that cannot be written to', () => {
  expectTypeOf<Workspace['metadata']['name']>().toEqualTypeOf<string>();
  expectTypeOf<NonNullable<NonNullable<Workspace['inference']>['adapters']>[number]>().toExtend<Adapter>();
  expectTypeOf<NonNullable<NonNullable<Workspace['inference']>['adapters']>>().not.toExtend<unknown[]>();
  expectTypeOf<Adapter['strength']>().toEqualTypeOf<string | undefined>();
});

function adapter(fields: object): unknown {
  return presetWorkspace({ inference: { adapters: [{ source: { name: 'a', image: 'x' }, ...fields }] } });
}

function issuesOf(input: unknown): readonly FieldIssue[] {
  return parseWorkspace(input).issues;
}
