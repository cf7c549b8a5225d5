import * as z from 'zod';
import { workspaceApiVersions, workspaceNames } from '../names/api-group.ts';
import { celRules } from './cel-rule.ts';
import type { DeepReadonly } from './deep-readonly.ts';
import { InferenceSpecSchema } from './inference.ts';
import { ObjectMetaSchema } from './object-meta.ts';
import { ResourceSpecSchema } from './resource.ts';
import { TuningSpecSchema } from './tuning.ts';
import { WorkspaceStatusSchema } from './workspace-status.ts';

/** Which model on which GPUs. There is no `spec`: resource, inference, tuning and status lie at the root. */
export const WorkspaceSchema = z
  .strictObject({
    apiVersion: z.enum(workspaceApiVersions),
    kind: z.literal(workspaceNames.kind),
    metadata: ObjectMetaSchema,
    resource: ResourceSpecSchema.optional(),
    inference: InferenceSpecSchema.optional(),
    tuning: TuningSpecSchema.optional(),
    status: WorkspaceStatusSchema.optional(),
  })
  .meta({
    description: 'Which model on which GPUs.',
    ...celRules(
      {
        rule: 'has(self.inference) || has(self.tuning)',
        message: 'either inference or tuning must be set, not neither',
      },
      {
        rule: '!(has(self.inference) && has(self.tuning))',
        message: 'either inference or tuning must be set, but not both',
        fieldPath: '.tuning',
        reason: 'FieldValueForbidden',
      },
      {
        rule: 'has(self.inference) == has(oldSelf.inference)',
        message: 'cannot be toggled once set: inference cannot be added or removed',
        fieldPath: '.inference',
      },
      {
        rule: 'has(self.tuning) == has(oldSelf.tuning)',
        message: 'cannot be toggled once set: tuning cannot be added or removed',
        fieldPath: '.tuning',
      },
      {
        rule: 'has(self.resource) == has(oldSelf.resource)',
        message: 'cannot be toggled once set: resource cannot be added or removed',
        fieldPath: '.resource',
      },
      {
        rule: '!has(self.tuning) || has(self.resource)',
        message: 'resource is required for tuning',
        fieldPath: '.resource',
        reason: 'FieldValueRequired',
      },
      {
        rule: '!has(self.tuning) || !has(self.resource) || !has(self.resource.count) || self.resource.count <= 1',
        message: 'tuning does not run in multinode configurations: count must be 1',
        fieldPath: '.resource.count',
      },
      {
        rule: '!has(self.tuning) || !has(self.resource) || !has(self.resource.partition)',
        message: 'not supported for tuning workloads',
        fieldPath: '.resource.partition',
        reason: 'FieldValueForbidden',
      },
    ),
  });

export interface Workspace extends DeepReadonly<z.input<typeof WorkspaceSchema>> {}
