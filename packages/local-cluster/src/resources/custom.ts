import { equal, fieldsAt, isFields, listAt, textAt, valueAt, type Fields } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import { ruleProblems } from '../schema/cel.ts';
import { withObjectMeta, type Schema } from '../schema/schema.ts';
import type { Cause } from '../status.ts';
import { ageColumn, nameColumn } from './columns.ts';
import { since } from './durations.ts';
import { compileJsonPath } from './json-path.ts';
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
    selectableFields: listAt(storage, 'selectableFields').map((field) =>
      textAt(field, 'jsonPath').replace(/^\./, ''),
    ),
  };
}

function servedVersion(version: unknown): ServedVersion {
  const columns = listAt(version, 'additionalPrinterColumns').map(printerColumn);
  const schema = fieldsAt(version, 'schema', 'openAPIV3Schema') as Schema;
  const scale = valueAt(version, 'subresources', 'scale');
  return {
    name: textAt(version, 'name'),
    schema: withObjectMeta(schema),
    columns: [nameColumn, ...(columns.length > 0 ? columns : [ageColumn])],
    hasStatus: valueAt(version, 'subresources', 'status') !== undefined,
    scale: isFields(scale) ? scalePaths(scale) : undefined,
  };
}

function scalePaths(scale: Fields): ScalePaths {
  const path = (name: string): readonly string[] => textAt(scale, name).split('.').slice(1);
  const selector = path('labelSelectorPath');
  return {
    specReplicas: path('specReplicasPath'),
    statusReplicas: path('statusReplicasPath'),
    selector: (object) => (selector.length > 0 ? textAt(object, ...selector) : ''),
  };
}

function printerColumn(column: unknown): Column {
  const path = textAt(column, 'jsonPath');
  const find = compileJsonPath(path);
  const type = textAt(column, 'type');
  const description =
    textAt(column, 'description') || `Custom resource definition column (in JSONPath format): ${path}`;
  return {
    name: textAt(column, 'name'),
    type,
    format: textAt(column, 'format'),
    description,
    priority: Number(valueAt(column, 'priority') ?? 0),
    cell: (object, now) => {
      const [value] = find(object);
      if (value === undefined || value === null) return null;
      if (type === 'date') return since(value, now);
      return typeof value === 'object' || type === 'string' ? asText(value) : value;
    },
  };
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const here = 'spec.versions';

/** What an API server would refuse in a definition, as far as it matters for serving it. */
export function checkDefinition(definition: KubeObject): readonly Cause[] {
  const causes: Cause[] = [];
  const refuse = (reason: string, field: string, message: string): void =>
    void causes.push({ reason: `FieldValue${reason}`, field, message });
  const spec = fieldsAt(definition, 'spec');
  const expected = `${textAt(spec, 'names', 'plural')}.${textAt(spec, 'group')}`;
  const name = definition.metadata.name;
  if (name !== expected)
    refuse(
      'Invalid',
      'metadata.name',
      `Invalid value: ${JSON.stringify(name)}: must be spec.names.plural+"."+spec.group`,
    );
  const versions = listAt(spec, 'versions');
  if (versions.filter((version) => valueAt(version, 'storage') === true).length !== 1)
    refuse('Invalid', here, 'Invalid value: must have exactly one version marked as storage version');
  if (textAt(spec, 'conversion', 'strategy') === 'Webhook')
    refuse(
      'NotSupported',
      'spec.conversion.strategy',
      'Unsupported value: "Webhook": supported values: "None" (local-cluster calls no webhooks)',
    );
  const isShared = versions.every((version) =>
    equal(valueAt(version, 'schema'), valueAt(versions[0], 'schema')),
  );
  for (const [index, version] of versions.entries()) {
    const field = isShared ? 'spec.validation.openAPIV3Schema' : `${here}[${index}].schema.openAPIV3Schema`;
    if (isShared && index > 0) break;
    const schema = valueAt(version, 'schema', 'openAPIV3Schema');
    if (!isFields(schema)) refuse('Required', field, 'Required value: schemas are required');
    else {
      causes.push(...untyped(schema, field));
      causes.push(...ruleProblems(schema, field));
    }
  }
  return causes;
}

/** Structural schemas say the type of everything. */
function untyped(schema: Schema, field: string): Cause[] {
  const isTyped =
    schema.type !== undefined ||
    schema['x-kubernetes-int-or-string'] === true ||
    schema['x-kubernetes-preserve-unknown-fields'] === true;
  const own: Cause[] = isTyped
    ? []
    : [
        {
          reason: 'FieldValueRequired',
          field: `${field}.type`,
          message: 'Required value: must not be empty for specified object fields',
        },
      ];
  const below = Object.entries(schema.properties ?? {}).flatMap(([name, inner]) =>
    untyped(inner, `${field}.properties[${name}]`),
  );
  const items = schema.items ? untyped(schema.items, `${field}.items`) : [];
  const additional = schema.additionalProperties;
  return [
    ...own,
    ...below,
    ...items,
    ...(typeof additional === 'object' ? untyped(additional, `${field}.additionalProperties`) : []),
  ];
}
