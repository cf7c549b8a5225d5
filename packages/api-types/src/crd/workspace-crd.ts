import { apiGroup, workspaceNames, workspaceVersions, type WorkspaceVersion } from '../names/api-group.ts';
import { maxWorkspaceNameLength, workspaceNamePattern } from '../schema/object-meta.ts';
import { WorkspaceSchema } from '../schema/workspace.ts';
import { type PrinterColumn, workspaceColumns } from './printer-columns.ts';
import { type StructuralSchema, toStructuralSchema } from './structural-schema.ts';

/** The parts of apiextensions.k8s.io/v1 that our definitions use. */
export interface CustomResourceDefinition {
  readonly apiVersion: 'apiextensions.k8s.io/v1';
  readonly kind: 'CustomResourceDefinition';
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly group: string;
    readonly scope: 'Namespaced' | 'Cluster';
    readonly names: {
      readonly kind: string;
      readonly listKind: string;
      readonly plural: string;
      readonly singular: string;
      readonly shortNames: readonly string[];
      readonly categories: readonly string[];
    };
    readonly conversion: { readonly strategy: 'None' };
    readonly versions: readonly CustomResourceVersion[];
  };
}

export interface CustomResourceVersion {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly additionalPrinterColumns: readonly PrinterColumn[];
  readonly schema: { readonly openAPIV3Schema: StructuralSchema };
  readonly subresources: { readonly status: Readonly<Record<string, never>> };
}

/** Every definition that this project installs. */
export function customResourceDefinitions(): readonly CustomResourceDefinition[] {
  return [workspaceCustomResourceDefinition()];
}

/**
 * The Workspace definition: v1beta1 is stored, v1alpha1 served, conversion None.
 * Both have one schema, so reading and rewriting through v1alpha1 loses nothing;
 * v1alpha1's old default for instanceType is gone, because it made every such object ask for one Azure machine type.
 */
export function workspaceCustomResourceDefinition(): CustomResourceDefinition {
  const { storage, legacy } = workspaceVersions;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${workspaceNames.plural}.${apiGroup}` },
    spec: {
      group: apiGroup,
      scope: 'Namespaced',
      names: workspaceNames,
      conversion: { strategy: 'None' },
      versions: [version(legacy, false), version(storage, true)],
    },
  };
}

function version(name: WorkspaceVersion, storage: boolean): CustomResourceVersion {
  return {
    name,
    served: true,
    storage,
    additionalPrinterColumns: workspaceColumns[name],
    schema: { openAPIV3Schema: rootSchema() },
    subresources: { status: {} },
  };
}

/** The API server owns apiVersion, kind and metadata; of metadata a CRD may bound the name only. */
function rootSchema(): StructuralSchema {
  const { required: _identity, ...schema } = toStructuralSchema(WorkspaceSchema);
  const name = { type: 'string', maxLength: maxWorkspaceNameLength, pattern: workspaceNamePattern };
  return {
    ...schema,
    properties: {
      ...(schema['properties'] as StructuralSchema),
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object', properties: { name } },
    },
  };
}
