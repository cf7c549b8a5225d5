import type { ServiceObject, ObjectMeta } from './kubernetes.ts';
import type { InferenceInput } from './input.ts';
import { annotations, labels } from '@kaito-ts/api-types';
import { headlessServiceName, servicePort, servingPort } from './layout.ts';

/** The Service that clients use. Only ready pods get traffic; the runtime's inner ports stay inside the pod. */
export function servingService({ workspace }: InferenceInput, metadata: ObjectMeta): ServiceObject {
  const exposed = workspace.metadata.annotations?.[annotations.enableLoadBalancer] === 'True';
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: {
      type: exposed ? 'LoadBalancer' : 'ClusterIP',
      selector: { [labels.workspace]: workspace.metadata.name },
      ports: [{ name: 'http', port: servicePort, protocol: 'TCP', targetPort: servingPort }],
    },
  };
}

/** Gives the pods of one group their names; they must find each other before any of them is ready. */
export function headlessService({ workspace }: InferenceInput, metadata: ObjectMeta): ServiceObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...metadata, name: headlessServiceName(workspace.metadata.name) },
    spec: {
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: { [labels.workspace]: workspace.metadata.name },
    },
  };
}
