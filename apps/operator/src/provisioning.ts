import type { Clock, Controller, KubeClient, Logger } from '@kaito-ts/kube-runtime';
import type { PurchaseOptions } from './provisioner-options.ts';
import type { NodeProvisioner } from './provisioner/provisioner.ts';
import { createNodeClassController } from './cluster/node-classes.ts';
import { createProvisionerWatches, type ProvisionerWatches } from './cluster/provisioner-watches.ts';
import { byoProvisioner } from './provisioner/byo.ts';
import { gpuProvisioner } from './provisioner/gpu-provisioner.ts';
import { karpenterProvisioner } from './provisioner/karpenter.ts';

/** What depends on where nodes come from. */
export interface Provisioning {
  readonly provisioner: NodeProvisioner;
  readonly watches: ProvisionerWatches | undefined;
  readonly controllers: readonly Controller[];
}

export interface ProvisioningParts {
  readonly client: KubeClient;
  readonly options: PurchaseOptions | undefined;
  readonly logger: Logger;
  readonly clock: Clock;
}

export function createProvisioning({ client, options, logger, clock }: ProvisioningParts): Provisioning {
  if (options === undefined) return { provisioner: byoProvisioner, watches: undefined, controllers: [] };
  const { claimTimeoutMilliseconds, mode } = options;
  const nodeClassKind = options.mode === 'karpenter' ? options.nodeClassKind : undefined;
  const now = (): number => clock.now();
  const watches = createProvisionerWatches({
    client,
    logger,
    mode,
    nodeClassKind,
    claimTimeoutMilliseconds,
    now,
  });
  if (options.mode === 'azure-gpu-provisioner') {
    const { cloud, defaultImageFamily } = options;
    const settings = { cloud, defaultImageFamily, claimTimeoutMilliseconds };
    return { provisioner: gpuProvisioner(settings), watches, controllers: [] };
  }
  const { nodeClasses: entries } = options;
  const { group, kind } = options.nodeClassKind;
  const provisioner = karpenterProvisioner({
    nodeClass: { group, kind },
    nodeClassNames: entries.map(({ name }) => name),
    defaultNodeClass: entries.find((entry) => entry.default)?.name ?? '',
    claimTimeoutMilliseconds,
  });
  const { nodeClasses } = watches;
  const controllers =
    nodeClasses === undefined
      ? []
      : [createNodeClassController({ client, kind: options.nodeClassKind, entries, nodeClasses, logger })];
  return { provisioner, watches, controllers };
}
