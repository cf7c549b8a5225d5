import type { Controller, KubeClient, Logger, Reflector, ResourceKind } from '@kaito-ts/kube-runtime';
import type { NodeClassEntry } from '../provisioner-options.ts';
import type { NodeClass } from '../provisioner/karpenter-objects.ts';
import { labels } from '@kaito-ts/api-types';
import { apiVersionOf, createController, done, firstDifference } from '@kaito-ts/kube-runtime';
import { fieldManager } from './kinds.ts';

export interface NodeClassParts {
  readonly client: KubeClient;
  readonly kind: ResourceKind<NodeClass>;
  readonly entries: readonly NodeClassEntry[];
  readonly nodeClasses: Reflector<NodeClass>;
  readonly logger: Logger;
}

/** Keeps the NodeClasses of --karpenter-node-classes as the flag says; one that somebody else made is left as it is. */
export function createNodeClassController(parts: NodeClassParts): Controller {
  const { client, kind, entries, nodeClasses, logger } = parts;
  const controller = createController({
    name: 'node-class',
    workers: 1,
    reconcile: async (name, { signal }) => {
      const entry = entries.find((wanted) => wanted.name === name);
      const live = nodeClasses.store.get(name);
      if (entry === undefined || (live !== undefined && !isOurs(live))) return done;
      const wanted = nodeClassOf(kind, entry);
      if (live !== undefined && firstDifference(live, wanted) === undefined) return done;
      logger.info({ nodeClass: name }, 'writing a NodeClass');
      await client.apply(kind, wanted, { fieldManager, force: true, signal });
      return done;
    },
    logger,
  });
  const addAll = (): void => {
    for (const { name } of entries) controller.queue.add(name);
  };
  nodeClasses.onChange(({ object }) => controller.queue.add(object.metadata.name));
  void nodeClasses.synced.then(addAll);
  return controller;
}

function isOurs({ metadata }: NodeClass): boolean {
  return metadata.labels?.[labels.karpenterManagedBy] === 'kaito';
}

function nodeClassOf(kind: ResourceKind<NodeClass>, entry: NodeClassEntry): NodeClass {
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    metadata: {
      name: entry.name,
      labels: {
        [labels.karpenterManagedBy]: 'kaito',
        ...(entry.default && { [labels.karpenterDefault]: 'true' }),
      },
    },
    spec: entry.spec,
  };
}
