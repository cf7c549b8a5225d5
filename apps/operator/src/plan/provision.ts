import type { Workspace } from '@kaito-ts/api-types';
import type { Pod } from '@kaito-ts/kube-runtime';
import type { NodeProvisioner, Purchase, PurchaseInput } from '../provisioner/provisioner.ts';
import { revisionOfWorkload, type LiveObjects } from './live.ts';
import { revisionOfPod } from './readiness.ts';
import type { Observation } from './observation.ts';
import type { ServingPlan } from './serving.ts';
import { conditionReasons } from '@kaito-ts/api-types';
import { givenNodes, ownedNodes } from '../provisioner/owned-nodes.ts';

export interface ProvisionInput {
  readonly workspace: Workspace;
  readonly observation: Observation;
  readonly provisioner: NodeProvisioner;
  readonly live: LiveObjects;
  /** Undefined for a workload that upstream made. */
  readonly serving: ServingPlan | undefined;
  readonly wantedNodes: number;
  /** RFC 3339. */
  readonly now: string;
}

const noPurchase: Purchase = { steps: [], cause: undefined, warnings: [] };

/** What is to be bought or given back; nothing where nodes are not bought. */
export function planProvision(input: ProvisionInput): Purchase {
  const { observation, provisioner, live, serving, wantedNodes } = input;
  const { infrastructure, pods, nodes, workspace: stored } = observation;
  const { purchasing } = provisioner;
  if (purchasing === undefined || infrastructure === undefined) return noPurchase;
  if (infrastructure.unavailable !== undefined) {
    const cause = {
      reason: conditionReasons.NodeProvisionerMissing,
      object: `Workspace/${stored.metadata.name}`,
      cause: infrastructure.unavailable.because,
      nextStep: `install what --node-provisioner ${provisioner.name} needs, or start the operator with another one`,
      severity: 'failed',
    } as const;
    return { ...noPurchase, cause };
  }
  const given = givenNodes(ownedNodes(nodes, purchasing.ownership(stored)));
  const active = pods.filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed');
  // What upstream made stays where it is, also on machines of the provisioner that was there before.
  const before = serving === undefined ? infrastructure.legacyClaims.length : 0;
  const workspace = { ...input.workspace, metadata: stored.metadata } as PurchaseInput['workspace'];
  return purchasing.towards({
    workspace,
    infrastructure,
    wanted: Math.max(0, wantedNodes - given.length - before),
    occupied: new Set(active.flatMap(({ spec }) => (spec?.nodeName === undefined ? [] : [spec.nodeName]))),
    settled: isSettled(live, active, wantedNodes),
    weightBytes: serving?.kind === 'preset' ? serving.model.facts.storedWeightBytes : undefined,
    now: Date.parse(input.now),
  });
}

/** Every pod that there will be is of the last revision and has its node: none will look for another. */
function isSettled({ workload }: LiveObjects, pods: readonly Pod[], wantedNodes: number): boolean {
  if (workload === undefined) return pods.length === 0;
  if ((workload.spec?.replicas ?? 1) !== wantedNodes || pods.length !== wantedNodes) return false;
  const revision = revisionOfWorkload(workload);
  return pods.every(
    (pod) =>
      pod.spec?.nodeName !== undefined &&
      pod.metadata.deletionTimestamp === undefined &&
      (revision === undefined || revisionOfPod(pod) === revision),
  );
}
