import { describe, expect, it } from 'vitest';
import { presetWorkspace } from '../cases/builders.test.fixture.ts';
import type { FieldIssue } from '../issues/field-issue.ts';
import { parseWorkspace } from '../parse/parse-workspace.ts';
import type { Workspace } from '../schema/workspace.ts';
import { validateWorkspaceCreate } from './create.ts';
import { validateWorkspaceUpdate } from './update.ts';
import type { ValidationOptions } from './validation-options.ts';

const annotated = (annotations: Readonly<Record<string, string>>): Workspace =>
  parsed({ metadata: { name: 'demo', annotations } });

describe('with a node provisioner', () => {
  const options = { nodeProvisioner: 'karpenter', nodeClassNames: ['fast', 'cheap'] } as const;

  it('a machine type is required', () => {
    expect(create(parsed(), options)).toEqual([['error', 'REQUIRED', 'resource.instanceType']]);
    expect(create(parsed(), { nodeProvisioner: 'byo' })).toEqual([]);
    expect(create(parsed({ resource: { instanceType: 'A' } }), options)).toEqual([]);
  });

  it('partitions are refused', () => {
    const workspace = parsed({ resource: { instanceType: 'A', partition: { mode: 'mig' } } });
    expect(create(workspace, options)).toEqual([['error', 'NOT_ALLOWED', 'resource.partition']]);
  });

  it('a machine type is not removed', () => {
    const found = validateWorkspaceUpdate(parsed({ resource: { instanceType: 'A' } }), parsed(), options);
    expect(found.map(short)).toContainEqual(['error', 'IMMUTABLE', 'resource.instanceType']);
  });

  it.each([
    ['fast', []],
    ['other', [['error', 'INVALID_VALUE', 'metadata.annotations["kaito.sh/node-class-name"]']]],
  ])('node class %s', (name, issues) => {
    const workspace = { ...annotated({ 'kaito.sh/node-class-name': name }), ...instanceType };
    expect(create(workspace, options)).toEqual(issues);
  });
});

describe('MIG profiles', () => {
  const partition = { mode: 'mig', profile: '9g.99gb' };

  it('are checked against what the GPUs have, when that is known', () => {
    expect(create(parsed({ resource: { partition } }), { migProfiles: ['1g.10gb'] })).toEqual([
      ['error', 'INVALID_VALUE', 'resource.partition.profile'],
    ]);
    expect(create(parsed({ resource: { partition } }))).toEqual([]);
  });
});

describe('annotations', () => {
  it.each([
    ['kaito.sh/performance-mode', 'fastest', 'error', 'INVALID_VALUE'],
    ['kaito.sh/use-local-weights', 'True', 'error', 'INVALID_VALUE'],
    ['kaito.sh/node-image-family', 'windows', 'error', 'INVALID_VALUE'],
    ['kaito.sh/runtime', 'vLLM', 'warning', 'NEAR_MISS'],
    ['kaito.sh/runtime', '<runtime>', 'error', 'PLACEHOLDER'],
    ['kaito.sh/enablelb', 'true', 'warning', 'NEAR_MISS'],
    ['kaito.sh/disable-benchmark', 'True', 'warning', 'NEAR_MISS'],
    ['kaito.sh/runtim', 'vllm', 'warning', 'NEAR_MISS'],
  ])('%s: %s gives %s %s', (key, value, severity, code) => {
    expect(create(annotated({ [key]: value }))).toEqual([[severity, code, `metadata.annotations["${key}"]`]]);
  });

  it.each([
    ['kaito.sh/node-image-family', ' Ubuntu '],
    ['kaito.sh/performance-mode', 'throughput'],
    ['kaito.sh/runtime', 'llamacpp'],
    ['kaito.sh/enablelb', 'True'],
    ['kaito.sh/model-streaming', 'disabled'],
    ['scaledobject.kaito.sh/auto-provision', 'true'],
    ['example.com/runtim', 'x'],
  ])('%s: %s is fine', (key, value) => {
    expect(create(annotated({ [key]: value }))).toEqual([]);
  });

  it('streaming is immutable when it is on', () => {
    const [plain, disabled] = [annotated({}), annotated({ 'kaito.sh/model-streaming': 'disabled' })];
    expect(validateWorkspaceUpdate(plain, disabled, { modelStreaming: true }).map(short)).toEqual([
      ['error', 'IMMUTABLE', 'metadata.annotations["kaito.sh/model-streaming"]'],
    ]);
    expect(validateWorkspaceUpdate(plain, disabled)).toEqual([]);
  });
});

describe('warnings', () => {
  it.each([
    [{ preset: { name: 'phi-4', accessMode: 'private' } }, 'NO_EFFECT', 'inference.preset.accessMode'],
    [
      { preset: { name: 'phi-4', presetOptions: { image: 'a/b:1' } } },
      'NO_EFFECT',
      'inference.preset.presetOptions.image',
    ],
    [
      { preset: { name: 'phi-4', presetOptions: { imagePullSecrets: ['s'] } } },
      'NO_EFFECT',
      'inference.preset.presetOptions.imagePullSecrets',
    ],
  ])('%j', (inference, code, path) => {
    expect(create(parsed({ inference }))).toEqual([['warning', code, path]]);
  });

  it('a long name cannot become a StatefulSet', () => {
    expect(create(parsed({ metadata: { name: 'a'.repeat(53) } }))).toEqual([
      ['warning', 'TOO_LONG', 'metadata.name'],
    ]);
  });
});

describe('an update', () => {
  const broken = parsed({ inference: { adapters: [{ source: { name: 'a' } }] } });

  it('does not blame what it leaves as it was', () => {
    const labelled = { ...broken, metadata: { ...broken.metadata, labels: { a: 'b' } } };
    expect(validateWorkspaceUpdate(broken, labelled)).toEqual([]);
  });

  it('blames what it brings in', () => {
    expect(validateWorkspaceUpdate(parsed(), broken).map(short)).toContainEqual([
      'error',
      'EXACTLY_ONE',
      'inference.adapters[0].source',
    ]);
  });

  it('of a Workspace that is being deleted is never refused', () => {
    const deleting = {
      ...broken,
      metadata: { ...broken.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
    };
    expect(validateWorkspaceUpdate(parsed(), deleting)).toEqual([]);
  });
});

const instanceType = { resource: { instanceType: 'A', labelSelector: { matchLabels: { apps: 'demo' } } } };

function create(workspace: Workspace, options: ValidationOptions = {}): readonly (readonly string[])[] {
  return validateWorkspaceCreate(workspace, options).map(short);
}

function short({ severity, code, path }: FieldIssue): readonly string[] {
  return [severity, code, path];
}

function parsed(overrides: Readonly<Record<string, unknown>> = {}): Workspace {
  const result = parseWorkspace(presetWorkspace(overrides));
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result.value;
}
