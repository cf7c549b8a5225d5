import { JSONPath } from 'jsonpath-plus';
import { fieldsAt, isFields, listAt, textAt, valueAt } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import { ruleProblems } from '../schema/cel.ts';
import { withObjectMeta, type Schema } from '../schema/schema.ts';
import { cause, type Cause } from '../status.ts';
import type { Store } from '../storage/store.ts';
import { ageColumn, nameColumn, since } from './columns.ts';
import type { Registry } from './registry.ts';
import type { Column, Resource, ScalePaths, Version } from './resource.ts';

const definitions = 'customresourcedefinitions.apiextensions.k8s.io';

/** Serves what the stored CustomResourceDefinitions describe, now and after each change of theirs. */
export function serveDefinitions(store: Store, registry: Registry): void {
  for (const definition of store.list(definitions)) registry.put(customResource(definition));
  store.subscribe(({ type, resource, object, previous }) => {
    if (resource !== definitions) return;
    if (type === 'DELETED') registry.remove(object.metadata.name);
    else if (object.metadata.generation !== previous?.metadata.generation)
      registry.put(customResource(object));
  });
}

function customResource(definition: KubeObject): Resource {
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
    versions: versions.filter((version) => valueAt(version, 'served') === true).map(versionOf),
    storageVersion: textAt(storage, 'name'),
    isCustom: true,
    hasGeneration: true,
    keepsStatus: false,
    selectableFields: [],
  };
}

function versionOf(version: unknown): Version {
  const columns = listAt(version, 'additionalPrinterColumns').map(printerColumn);
  return {
    version: textAt(version, 'name'),
    schema: withObjectMeta(fieldsAt(version, 'schema', 'openAPIV3Schema')),
    columns: [nameColumn, ...(columns.length > 0 ? columns : [ageColumn])],
    hasStatus: valueAt(version, 'subresources', 'status') !== undefined,
    scale: scalePaths(valueAt(version, 'subresources', 'scale')),
  };
}

function scalePaths(scale: unknown): ScalePaths | undefined {
  const path = (name: string): readonly string[] => textAt(scale, name).split('.').slice(1);
  return isFields(scale)
    ? {
        specReplicas: path('specReplicasPath'),
        statusReplicas: path('statusReplicasPath'),
        selector: (object) => textAt(object, ...path('labelSelectorPath')),
      }
    : undefined;
}

function printerColumn(column: unknown): Column {
  const type = textAt(column, 'type');
  return {
    name: textAt(column, 'name'),
    type,
    priority: Number(valueAt(column, 'priority') ?? 0),
    cell: (object, now) => {
      const value = firstMatch(object, textAt(column, 'jsonPath')) ?? null;
      if (type === 'date' && value !== null) return since(value, now);
      return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
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

/** What must be right in a definition to serve it; whether its schema is structural, a real API server tells. */
export function checkDefinition(definition: KubeObject): readonly Cause[] {
  const spec = fieldsAt(definition, 'spec');
  const versions = listAt(spec, 'versions');
  const stored = versions.filter((version) => valueAt(version, 'storage') === true);
  const causes: Cause[] = [];
  const refuse = (field: string, message: string): void => void causes.push(cause('Invalid', field, message));
  if (definition.metadata.name !== `${textAt(spec, 'names', 'plural')}.${textAt(spec, 'group')}`)
    refuse('metadata.name', 'must be spec.names.plural+"."+spec.group');
  if (stored.length !== 1) refuse('spec.versions', 'must have exactly one version marked as storage version');
  if (textAt(spec, 'conversion', 'strategy') !== 'None')
    refuse('spec.conversion.strategy', 'only None is: local-cluster calls no webhooks');
  const schemas = versions.map((version): Schema => fieldsAt(version, 'schema', 'openAPIV3Schema'));
  const problems = schemas.flatMap((schema) => ruleProblems(schema, 'spec.validation.openAPIV3Schema'));
  return [...causes, ...problems];
}
