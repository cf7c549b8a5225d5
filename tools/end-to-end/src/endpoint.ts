import { kinds, type Pod } from '@kaito-ts/kube-runtime';
import type { Engine } from './engine.ts';
import { patienceSeconds, until } from './until.ts';

const namespace = 'default';

/**
 * As long as the operator counts on a pod that was told to end: a Ready that is told sooner leads to it, and the test to
 * its answer. Endpoints that are behind for longer are the cluster's affair, and waited for.
 */
const leavingSeconds = 3;

/** The address of a pod that is ready according to the endpoints of the Workspace's Service. */
export async function urlOf({ client }: Engine, name: string): Promise<string> {
  let last: object = {};
  return until(
    patienceSeconds,
    () => `${name} has a ready endpoint, which is a pod's; last seen: ${JSON.stringify(last)}`,
    async () => {
      const [slices, pods] = await Promise.all([
        client.list(kinds.endpointSlices, {
          namespace,
          labelSelector: `kubernetes.io/service-name=${name}`,
        }),
        client.list(kinds.pods, { namespace, labelSelector: `kaito.sh/workspace=${name}` }),
      ]);
      const endpoints = slices.items.flatMap(({ endpoints: own, ports }) =>
        // The API server writes null for none.
        ((own as typeof own | null) ?? [])
          .filter(({ conditions }) => conditions?.ready === true)
          .map(({ addresses }) => ({ address: addresses[0], port: ports?.[0]?.port ?? 5000 })),
      );
      last = { endpoints, pods: pods.items.map(({ metadata, status }) => [metadata.name, status?.podIP]) };
      const [first] = endpoints;
      const behind = endpoints.some(({ address }) => !pods.items.some((pod) => answersAt(pod, address)));
      return first === undefined || behind ? undefined : `http://${first.address}:${first.port}`;
    },
  );
}

function answersAt({ metadata, status }: Pod, address: string | undefined): boolean {
  if (status?.podIP !== address) return false;
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = metadata;
  if (deletionTimestamp === undefined) return true;
  const toldAt = Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1000;
  return Date.now() < toldAt + leavingSeconds * 1000;
}
