import type { KubeObject } from '@kaito-ts/kube-runtime';
import type { OrderedObject, Step } from '../plan/plan-value.ts';
import { finalizers } from '@kaito-ts/api-types';

export function isHeld({ metadata }: KubeObject): boolean {
  return metadata.finalizers?.includes(finalizers.workspace) === true;
}

/** Before the first machine is ordered, so that no deletion can overlook it. */
export function holdSteps(workspace: KubeObject): readonly Step[] {
  if (isHeld(workspace)) return [];
  const why = 'what is bought for it must be given back before it may go';
  return [{ kind: 'holdFinalizer', finalizer: finalizers.workspace, why }];
}

/** A Workspace that owns no machine needs nobody's leave to go. */
export function unholdSteps(
  workspace: KubeObject,
  unlessLeft: readonly OrderedObject['kind'][],
): readonly Step[] {
  if (!isHeld(workspace)) return [];
  return [
    {
      kind: 'releaseFinalizer',
      finalizer: finalizers.workspace,
      unlessLeft,
      why: 'nothing is bought for it any more',
    },
  ];
}

export function removeStep(kind: 'NodePool' | 'NodeClaim', { metadata }: KubeObject, why: string): Step {
  const { name, uid = '' } = metadata;
  return { kind: 'delete', object: { kind, name, namespace: '' }, uid, why };
}
