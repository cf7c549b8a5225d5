import type { Workspace } from '@kaito-ts/api-types';
import type { ObjectMeta } from './kubernetes.ts';
import type { InferenceInput, InferenceObject } from './input.ts';
import { annotations, labels } from '@kaito-ts/api-types';
import { podTemplate, withRevision } from './pod-template.ts';
import { fingerprint } from './revision.ts';
import { headlessService, servingService } from './services.ts';
import { deployment, statefulSet } from './workload.ts';

/**
 * Every object of one inference Workspace: Services first, so that a client's name resolves before the pods run. The
 * revision is what `revisionOf` says of this input; whoever knows it already saves its hash.
 */
export function buildInference(
  input: InferenceInput,
  revision: string = revisionOf(input),
): readonly InferenceObject[] {
  const metadata = objectMeta(input.workspace);
  const template = withRevision(podTemplate(input), revision);
  const workloadMetadata = {
    ...metadata,
    annotations: { ...input.workloadAnnotations, [annotations.revision]: revision },
  };
  if (input.workloadKind === 'Deployment') {
    return [servingService(input, metadata), deployment(input, workloadMetadata, template)];
  }
  return [
    servingService(input, metadata),
    headlessService(input, metadata),
    statefulSet(input, workloadMetadata, template),
  ];
}

/** Names what the pods run: changes exactly when the pod template or the content of the config does. */
export function revisionOf(input: InferenceInput): string {
  const config = input.serving.kind === 'preset' ? input.serving.config?.content : undefined;
  return fingerprint({ template: podTemplate(input), config });
}

function objectMeta(workspace: Workspace): ObjectMeta {
  const { name, namespace, uid } = workspace.metadata;
  return {
    name,
    ...(namespace !== undefined && { namespace }),
    labels: { [labels.workspace]: name },
    ...(uid !== undefined && {
      ownerReferences: [
        {
          apiVersion: 'kaito.sh/v1beta1',
          kind: 'Workspace',
          name,
          uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    }),
  };
}
