import * as z from 'zod';
import type { DeepReadonly } from './deep-readonly.ts';

const OwnerReferenceSchema = z.strictObject({
  apiVersion: z.string(),
  kind: z.string(),
  name: z.string(),
  uid: z.string(),
  controller: z.boolean().optional(),
  blockOwnerDeletion: z.boolean().optional(),
});

/** Longest name that still fits the label and the Service that carry it. */
export const maxWorkspaceNameLength = 63;

/** A Service is named after the Workspace, and a Service's name starts with a letter. */
export const workspaceNamePattern = '^[a-z]([-a-z0-9]*[a-z0-9])?$';

/** Kubernetes metadata of a Workspace. */
export const ObjectMetaSchema = z.strictObject({
  name: z.string().max(maxWorkspaceNameLength).regex(new RegExp(workspaceNamePattern), {
    error: 'must start with a lower-case letter and hold only lower-case letters, digits and "-"',
  }),
  generateName: z.string().optional(),
  namespace: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  finalizers: z.array(z.string()).optional(),
  ownerReferences: z.array(OwnerReferenceSchema).optional(),
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
  generation: z.int().optional(),
  creationTimestamp: z.string().optional(),
  deletionTimestamp: z.string().optional(),
  deletionGracePeriodSeconds: z.int().optional(),
  managedFields: z.array(z.looseObject({})).optional(),
  selfLink: z.string().optional(),
});

export interface ObjectMeta extends DeepReadonly<z.input<typeof ObjectMetaSchema>> {}
