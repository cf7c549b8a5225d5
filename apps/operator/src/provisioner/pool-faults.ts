import type { Workspace } from '@kaito-ts/api-types';
import type { Cause } from '../plan/cause.ts';
import type { NodeClassRef, NodePool } from './karpenter-objects.ts';
import type { NodeWarning, PurchaseInput } from './provisioner.ts';
import { annotations, conditionReasons, labels } from '@kaito-ts/api-types';
import { conditionOf } from './karpenter-objects.ts';

export interface KarpenterSettings {
  /** Group and kind of every NodeClass. */
  readonly nodeClass: Omit<NodeClassRef, 'name'>;
  readonly nodeClassNames: readonly string[];
  readonly defaultNodeClass: string;
  readonly claimTimeoutMilliseconds: number;
}

export function classOf({ metadata }: Workspace, { defaultNodeClass }: KarpenterSettings): string {
  return metadata.annotations?.[annotations.nodeClassName] || defaultNodeClass;
}

export function faultOfClass(
  { workspace, infrastructure }: PurchaseInput,
  settings: KarpenterSettings,
): Cause | undefined {
  const name = classOf(workspace, settings);
  const { kind } = settings.nodeClass;
  const nodeClass = infrastructure.nodeClassNamed(name);
  if (nodeClass === undefined) {
    return {
      reason: conditionReasons.NodeClassNotFound,
      object: `${kind}/${name}`,
      cause: 'does not exist, so no machine can be ordered',
      nextStep: `wait for the operator to make it, or create it (kubectl get ${kind.toLowerCase()})`,
      severity: 'pending',
    };
  }
  const ready = conditionOf(nodeClass, 'Ready');
  if (ready?.status === 'True') return undefined;
  return {
    reason: conditionReasons.NodeClassNotReady,
    object: `${kind}/${name}`,
    cause: `is not ready: ${ready?.message || ready?.reason || 'its provider has said nothing yet'}`,
    nextStep: 'mend what the message names',
    severity: ready?.status === 'False' ? 'failed' : 'pending',
  };
}

/** What keeps a pool that is there from making the nodes that are wanted. */
export function faultOfPool(pool: NodePool, workspace: Workspace): Cause | undefined {
  const object = `NodePool/${pool.metadata.name}`;
  if (pool.metadata.deletionTimestamp !== undefined) {
    return {
      reason: conditionReasons.NodeClaimTerminating,
      object,
      cause: 'is being deleted; the next is made when it is gone',
      nextStep: 'wait',
      severity: 'pending',
    };
  }
  if (pool.spec.replicas === undefined) {
    return {
      reason: conditionReasons.StaticCapacityMissing,
      object,
      cause: 'has no spec.replicas: the installed Karpenter does not know static capacity',
      nextStep:
        'install a Karpenter with the feature gate StaticCapacity and its CRDs, then delete this NodePool',
      severity: 'failed',
    };
  }
  const types = pool.spec.template.spec.requirements.find(({ key }) => key === labels.nodeInstanceType);
  const wanted = workspace.resource?.instanceType ?? '';
  if (types === undefined || (types.values?.length === 1 && types.values[0] === wanted)) return undefined;
  return {
    reason: conditionReasons.NodePoolMismatch,
    object,
    cause: `makes nodes of the type ${types.values?.join(', ')}, and ${wanted} is asked for`,
    nextStep: 'delete the NodePool; the operator makes another',
    severity: 'failed',
  };
}

export function warningsAbout(pool: NodePool, others: readonly NodePool[], nodeClass: string): NodeWarning[] {
  const reason = conditionReasons.NodePoolMismatch;
  const { name } = pool.metadata;
  const used = pool.spec.template.spec.nodeClassRef.name;
  return [
    ...(used === nodeClass
      ? []
      : [{ reason, message: `NodePool/${name} uses the NodeClass ${used}, not ${nodeClass}` }]),
    ...others.map(({ metadata }) => ({
      reason,
      message: `NodePool/${metadata.name} carries the labels of this Workspace beside NodePool/${name}`,
    })),
  ];
}

/** Both names that the pool may have are taken. */
export function conflict(names: readonly string[]): Cause {
  return {
    reason: conditionReasons.NodePoolConflict,
    object: `NodePool/${names[0]}`,
    cause: `does not carry the labels of this Workspace, and neither does NodePool/${names[1]}`,
    nextStep: 'delete or rename one of them, or give the Workspace another name',
    severity: 'failed',
  };
}
