import type { Workspace } from '@kaito-ts/api-types';
import type { ConfigObservation } from './observation.ts';
import { apiGroup } from '@kaito-ts/api-types';
import { fingerprint } from '@kaito-ts/manifest-builder';

/** Changes exactly when the user changes something: the spec, our annotations, or the content of the config. */
export function intentOf(workspace: Workspace, config: ConfigObservation | undefined): string {
  const { resource, inference, metadata } = workspace;
  const ours = Object.entries(metadata.annotations ?? {}).filter(([key]) =>
    key.split('/')[0]?.endsWith(apiGroup),
  );
  return fingerprint({ resource, inference, annotations: Object.fromEntries(ours), config: config?.content });
}
