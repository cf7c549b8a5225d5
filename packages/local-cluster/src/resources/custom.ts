import { JSONPath } from 'jsonpath-plus';
import { fieldsAt, isFields, listAt, textAt, valueAt } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import { ruleProblems } from '../schema/cel.ts';
import { withObjectMeta, type Schema } from '../schema/schema.ts';
import { cause, type Cause } from '../status.ts';
import type { Store } from '../storage/store.ts';
import { ageColumn, nameColumn, since } from './columns.ts';
import type { Registry } from './registry.ts';
import { served, type Column, type ScalePaths, type Served } from './resource.ts';

const definitions = 'customresourcedefinitions.apiextensions.k8s.io';

/** Serves what the stored CustomResourceDefinitions describe, now and after each change of theirs. */
export function serveDefinitions(store: Store, registry: Registry): void {
  const serve = (definition: KubeObject): void =>
    registry.put(definition.metadata.name, servedVersions(definition));
  for (const definition of store.list(definitions)) serve(definition);
  store.subscribe(({ type, resource, object, previous }) => {
    if (resource !== definitions) return;
    if (type === 'DELETED') registry.remove(object.metadata.name);
    else if (object.metadata.generation !== previous?.metadata.generation) serve(object);
  });
}

function servedVersions({ spec }: KubeObject): readonly Served[] {
  const names = fieldsAt(spec, 'names');
  const kind = textAt(names, 'kind');
  const versions = listAt(spec, 'versions').filter((version) => valueAt(version, 'served') === true);
  return versions.map((version) => {
    const columns = listAt(version, 'additionalPrinterColumns').map(printerColumn);
    return served({
      group: textAt(spec, 'group'),
      version: textAt(version, 'name'),
      plural: textAt(names, 'plural'),
      singular: textAt(names, 'singular') || kind.toLowerCase(),
      kind,
      listKind: textAt(names, 'listKind') || `${kind}List`,
      namespaced: textAt(spec, 'scope') === 'Namespaced',
      shortNames: listAt(names, 'shortNames').map(String),
      categories: listAt(names, 'categories').map(String),
      schema: withObjectMeta(fieldsAt(version, 'schema', 'openAPIV3Schema')),
      columns: [nameColumn, ...(columns.length > 0 ? columns : [ageColumn])],
      isCustom: true,
      isStored: valueAt(version, 'storage') === true,
      hasStatus: valueAt(version, 'subresources', 'status') !== undefined,
      hasGeneration: true,
      scale: scalePaths(valueAt(version, 'subresources', 'scale')),
    });
  });
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
