import { JSONPath } from 'jsonpath-plus';
import { fieldsAt, isFields, listAt, textAt, valueAt, type Fields } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import { ruleProblems } from '../schema/cel.ts';
import { schemasIn, withObjectMeta, type Schema } from '../schema/schema.ts';
import type { Cause } from '../status.ts';
import { ageColumn, nameColumn } from './columns.ts';
import { since } from './durations.ts';
import type { Column, Resource, ScalePaths, ServedVersion } from './resource.ts';

/** The resource that a CustomResourceDefinition describes. */
export function customResource(definition: KubeObject): Resource {
  const spec = fieldsAt(definition, 'spec');
  const names = fieldsAt(spec, 'names');
  const kind = textAt(names, 'kind');
  const versions = listAt(spec, 'versions');
  const storage = versions.find((version) => valueAt(version, 'storage') === true);
  return {
    group: textAt(spec, 'group'),
    plural: textAt(names, 'plural'),
    singular: textAt(names, 'singular') || kind.toLowerCase(),
    kind,
    listKind: textAt(names, 'listKind') || `${kind}List`,
    namespaced: textAt(spec, 'scope') === 'Namespaced',
    shortNames: listAt(names, 'shortNames').map(String),
    categories: listAt(names, 'categories').map(String),
    versions: versions.filter((version) => valueAt(version, 'served') === true).map(servedVersion),
    storageVersion: textAt(storage, 'name'),
    isCustom: true,
    hasGeneration: true,
    keepsStatus: versions.every((version) => valueAt(version, 'subresources', 'status') === undefined),
    selectableFields: listAt(storage, 'selectableFields').map((field) => textAt(field, 'jsonPath').slice(1)),
  };
}

function servedVersion(version: unknown): ServedVersion {
  const columns = listAt(version, 'additionalPrinterColumns').map(printerColumn);
  const scale = valueAt(version, 'subresources', 'scale');
  return {
    name: textAt(version, 'name'),
    schema: withObjectMeta(fieldsAt(version, 'schema', 'openAPIV3Schema')),
    columns: [nameColumn, ...(columns.length > 0 ? columns : [ageColumn])],
    hasStatus: valueAt(version, 'subresources', 'status') !== undefined,
    scale: isFields(scale) ? scalePaths(scale) : undefined,
  };
}

function scalePaths(scale: Fields): ScalePaths {
  const path = (name: string): readonly string[] => textAt(scale, name).split('.').slice(1);
  return {
    specReplicas: path('specReplicasPath'),
    statusReplicas: path('statusReplicasPath'),
    selector: (object) => textAt(object, ...path('labelSelectorPath')),
  };
}

function printerColumn(column: unknown): Column {
  const path = textAt(column, 'jsonPath');
  const type = textAt(column, 'type');
  return {
    name: textAt(column, 'name'),
    type,
    format: textAt(column, 'format'),
    description: textAt(column, 'description'),
    priority: Number(valueAt(column, 'priority') ?? 0),
    cell: (object, now) => {
      const value = firstMatch(object, path) ?? null;
      if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
      if (type === 'date') return since(value, now);
      return typeof value === 'string' ? value : JSON.stringify(value);
    },
  };
}

function firstMatch(object: KubeObject, path: string): unknown {
  try {
    return JSONPath<readonly unknown[]>({ json: object, path: `$${path}`, eval: 'safe' })[0];
  } catch {
    // A path that cannot be followed shows nothing; it must not keep the others from being shown.
    return undefined;
  }
}

/** What an API server would refuse in a definition, as far as it matters for serving it. */
export function checkDefinition(definition: KubeObject): readonly Cause[] {
  const spec = fieldsAt(definition, 'spec');
  const expected = `${textAt(spec, 'names', 'plural')}.${textAt(spec, 'group')}`;
  const { name } = definition.metadata;
  const versions = listAt(spec, 'versions');
  const stored = versions.filter((version) => valueAt(version, 'storage') === true).length;
  const problems: readonly (readonly [boolean, string, string])[] = [
    [
      name !== expected,
      'metadata.name',
      `Invalid value: ${JSON.stringify(name)}: must be spec.names.plural+"."+spec.group`,
    ],
    [stored !== 1, 'spec.versions', 'Invalid value: must have exactly one version marked as storage version'],
    [
      textAt(spec, 'conversion', 'strategy') !== 'None',
      'spec.conversion.strategy',
      'Unsupported value: supported values: "None" (local-cluster calls no webhooks)',
    ],
  ];
  const own = problems
    .filter(([isWrong]) => isWrong)
    .map(([, field, message]) => ({ reason: 'FieldValueInvalid', field, message }));
  const schemas = new Map(
    versions.map((version) => {
      const schema = fieldsAt(version, 'schema', 'openAPIV3Schema');
      return [JSON.stringify(schema), schema];
    }),
  );
  return [...own, ...[...schemas.values()].flatMap(checkSchema)];
}

/** Structural schemas say the type of everything, and their rules compile. */
function checkSchema(schema: Schema): Cause[] {
  const root = 'spec.validation.openAPIV3Schema';
  const untyped = [...schemasIn(schema, root)].filter(
    ([inner]) =>
      inner.type === undefined &&
      !inner['x-kubernetes-int-or-string'] &&
      !inner['x-kubernetes-preserve-unknown-fields'],
  );
  const message = 'Required value: must not be empty for specified object fields';
  const causes = untyped.map(([, path]) => ({
    reason: 'FieldValueRequired',
    field: `${path}.type`,
    message,
  }));
  return [...causes, ...ruleProblems(schema, root)];
}
