import { definitions as generated } from '../generated/schemas.ts';
import { builtInDefaults } from './built-in-defaults.ts';

export interface ValidationRule {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly fieldPath?: string;
  readonly reason?: string;
}

/** What this package reads of a structural schema; `$ref` names a built-in definition. Validation reads the rest. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly nullable?: boolean;
  readonly default?: unknown;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: string;
  readonly 'x-kubernetes-patch-merge-key'?: string;
  readonly 'x-kubernetes-patch-strategy'?: string;
  readonly 'x-kubernetes-validations'?: readonly ValidationRule[];
}

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** What a DELETE may say; it is not stored. */
export const deleteOptionsSchema: Schema = { $ref: `${meta}.DeleteOptions` };

/** The built-in definitions, with the defaults that an API server has in its code. */
export const definitions: Readonly<Record<string, Schema>> = Object.fromEntries(
  Object.entries(generated).map(([name, schema]) => {
    const properties: Record<string, Schema> = { ...schema.properties };
    for (const [field, value] of Object.entries(builtInDefaults(name)))
      properties[field] = { ...properties[field], default: value };
    return [name, schema.properties ? { ...schema, properties } : schema];
  }),
);

/** Follows a reference; what stands beside it (list types, patch keys) is kept. */
export function resolve(schema: Schema | undefined): Schema | undefined {
  if (schema?.$ref === undefined) return schema;
  const { $ref, ...beside } = schema;
  return { ...definitions[$ref], ...beside };
}

/** Schema of a named field of an object or of a map's value; undefined when unknown. */
export function fieldSchema(schema: Schema | undefined, name: string): Schema | undefined {
  if (schema?.properties && Object.hasOwn(schema.properties, name)) return resolve(schema.properties[name]);
  return typeof schema?.additionalProperties === 'object' ? resolve(schema.additionalProperties) : undefined;
}

export function itemSchema(schema: Schema | undefined): Schema | undefined {
  return resolve(schema?.items);
}

export function withObjectMeta(schema: Schema): Schema {
  const text: Schema = { type: 'string' };
  const own = { apiVersion: text, kind: text, metadata: { $ref: `${meta}.ObjectMeta` } };
  return { ...schema, type: 'object', properties: { ...schema.properties, ...own } };
}

/** A schema and all that are in it, each with its path. */
export function* schemasIn(schema: Schema, path: string): Generator<readonly [Schema, string]> {
  yield [schema, path];
  for (const [name, inner] of Object.entries(schema.properties ?? {}))
    yield* schemasIn(inner, `${path}.properties[${name}]`);
  if (schema.items) yield* schemasIn(schema.items, `${path}.items`);
  if (typeof schema.additionalProperties === 'object')
    yield* schemasIn(schema.additionalProperties, `${path}.additionalProperties`);
}
