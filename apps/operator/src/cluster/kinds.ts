import type { KeptManagedFields, ResourceKind } from '@kaito-ts/kube-runtime';
import type { WorkspaceObject } from '../plan/observation.ts';
import { apiGroup, workspaceNames, workspaceVersions } from '@kaito-ts/api-types';

export const workspaceKind: ResourceKind<WorkspaceObject> = {
  group: apiGroup,
  version: workspaceVersions.storage,
  plural: workspaceNames.plural,
  kind: workspaceNames.kind,
  namespaced: true,
};

export const fieldManager = 'kaito-operator';
/** Of managedFields only whether we created or applied: what a first change depends on. */
export const ownOperations: KeptManagedFields = { of: fieldManager, operationsOnly: true };
export const modelRecordsConfigMap = 'kaito-model-records';
