import {
  ignoreNotFound,
  isAlreadyExists,
  isNotFound,
  kinds,
  type KubeClient,
  type ResourceKind,
} from '@kaito-ts/kube-runtime';
import { nodeLabels, nodeStatus, type NodeDescription, type NodeObject } from './node-object.ts';

const nodeKind: ResourceKind<NodeObject> = {
  group: '',
  version: 'v1',
  plural: 'nodes',
  kind: 'Node',
  namespaced: false,
};
const leaseNamespace = 'kube-node-lease';
/** The node controller gives a node up when its Lease is older than this. */
const leaseSeconds = 40;

export interface NodeRegistration {
  /** Creates or updates the Node, sets its status and its Lease. */
  report(ready: boolean): Promise<void>;
  /** Says that the node is alive: cheap, every ten seconds. */
  heartbeat(): Promise<void>;
}

export function createNodeRegistration(
  client: KubeClient,
  description: NodeDescription,
  now: () => number,
): NodeRegistration {
  const ref = { name: description.name };
  const labels = nodeLabels(description);

  const ensureNode = async (): Promise<NodeObject> => {
    const node = await ignoreNotFound(client.get(nodeKind, ref));
    if (node === undefined) return client.create(nodeKind, { metadata: { ...ref, labels }, spec: {} });
    const current = node.metadata.labels ?? {};
    if (Object.entries(labels).every(([key, value]) => current[key] === value)) return node;
    return client.patch(nodeKind, ref, { type: 'merge', value: { metadata: { labels } } });
  };
  const renewLease = async (uid: string | undefined): Promise<void> => {
    const spec = {
      holderIdentity: description.name,
      leaseDurationSeconds: leaseSeconds,
      renewTime: `${new Date(now()).toISOString().slice(0, -1)}000Z`,
    };
    const owner =
      uid === undefined
        ? {}
        : { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: description.name, uid }] };
    const metadata = { ...ref, namespace: leaseNamespace, ...owner };
    try {
      await client.patch(
        kinds.leases,
        { ...ref, namespace: leaseNamespace },
        { type: 'merge', value: { spec } },
      );
    } catch (error) {
      if (!isNotFound(error)) throw error;
      await ensureNamespace(client);
      await client.create(kinds.leases, { metadata, spec } as Parameters<typeof client.create>[1]);
    }
  };
  return {
    async report(ready) {
      const node = await ensureNode();
      const previous = node.status?.conditions ?? [];
      const status = nodeStatus(description, { ready, now: now(), previous });
      await client.patchStatus(nodeKind, ref, { type: 'merge', value: { status } });
      if (ready) await renewLease(node.metadata.uid);
    },
    heartbeat: async () => renewLease(undefined),
  };
}

/** Real clusters have it; a smaller API server may not. */
async function ensureNamespace(client: KubeClient): Promise<void> {
  try {
    await client.create(kinds.namespaces, { metadata: { name: leaseNamespace } });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}
