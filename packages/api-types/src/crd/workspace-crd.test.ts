import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { celRules } from '../schema/cel-rule.ts';
import { toStructuralSchema } from './structural-schema.ts';
import { customResourceDefinitions, workspaceCustomResourceDefinition } from './workspace-crd.ts';

describe('structural schema', () => {
  it.each([
    ['int bounds', z.int(), { type: 'integer', format: 'int64' }],
    ['int32', z.int32().min(0), { type: 'integer', format: 'int32', minimum: 0 }],
    ['real bounds', z.int().min(1).max(5), { type: 'integer', minimum: 1, maximum: 5 }],
    ['text', z.string().max(5).optional(), { type: 'string', maxLength: 5 }],
    ['anything goes', z.looseObject({}), { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }],
    ['maps', z.record(z.string(), z.string()), { type: 'object', additionalProperties: { type: 'string' } }],
    [
      'closed objects',
      z.strictObject({ a: z.boolean() }),
      { type: 'object', properties: { a: { type: 'boolean' } }, required: ['a'] },
    ],
    [
      'defaults',
      z.strictObject({ a: z.int32().default(1) }),
      { type: 'object', properties: { a: { type: 'integer', format: 'int32', default: 1 } } },
    ],
    [
      'rules',
      z.string().meta(celRules({ rule: 'r', message: 'm' })),
      { type: 'string', 'x-kubernetes-validations': [{ rule: 'r', message: 'm' }] },
    ],
    ['no rules', z.string().meta(celRules()), { type: 'string' }],
  ])('%s', (_name, schema, expected) => {
    expect(toStructuralSchema(schema)).toEqual(expected);
  });

  it.each([
    ['a union', z.union([z.string(), z.int()]), /no unions/],
    ['no type', z.unknown(), /needs a type/],
    ['a nested union', z.strictObject({ a: z.array(z.union([z.string(), z.int()])) }), /^\.a\[\]: /],
    ['a date', z.date(), /Date/],
  ])('refuses %s', (_name, schema, message) => {
    expect(() => toStructuralSchema(schema)).toThrow(message);
  });
});

describe('Workspace definition', () => {
  const definition = workspaceCustomResourceDefinition();

  it.each(customResourceDefinitions())('is committed as generated: $metadata.name', ({ spec, ...rest }) => {
    const file = new URL(`../../crds/${spec.group}_${spec.names.plural}.yaml`, import.meta.url);
    expect(load(readFileSync(file, 'utf8'))).toEqual(structuredClone({ ...rest, spec }));
  });

  it('stores v1beta1, serves v1alpha1 and converts nothing', () => {
    const { versions, conversion } = definition.spec;
    expect(versions.map(({ name, served, storage }) => [name, served, storage])).toEqual([
      ['v1alpha1', true, false],
      ['v1beta1', true, true],
    ]);
    expect(conversion).toEqual({ strategy: 'None' });
  });

  it('has one schema for both versions, so that no field is lost between them', () => {
    const [legacy, storage] = definition.spec.versions;
    expect(legacy?.schema).toEqual(storage?.schema);
  });

  it('has no default for the machine type', () => {
    expect(JSON.stringify(definition)).not.toContain('Standard_');
  });
});
