import type { Node, Pod } from '@kaito-ts/kube-runtime';
import type { Step } from '../plan/plan-value.ts';
import type { Infrastructure } from './infrastructure.ts';
import { isTerminating } from './claim-state.ts';
import { removeStep } from './steps.ts';

const why = 'the Workspace is being deleted, and its pods are gone';

/** What nobody has begun to take away. Claims of a pool go with the pool. */
export function removalSteps({ nodePools, nodeClaims, legacyClaims }: Infrastructure): readonly Step[] {
  const pools = nodePools.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const single = [...nodeClaims, ...legacyClaims]
    .filter((claim) => !isTerminating(claim))
    .filter(({ metadata }) => metadata.ownerReferences?.some(({ kind }) => kind === 'NodePool') !== true);
  return [
    ...pools.map((pool) => removeStep('NodePool', pool, why)),
    ...single.map((claim) => removeStep('NodeClaim', claim, why)),
  ];
}

/** What is still there, for people; undefined when nothing is. */
export function waitsFor({ nodePools, nodeClaims, legacyClaims }: Infrastructure): string | undefined {
  const names = [
    ...nodePools.map(({ metadata }) => `NodePool/${metadata.name}`),
    ...[...nodeClaims, ...legacyClaims].map(({ metadata, status }) =>
      status?.nodeName === undefined
        ? `NodeClaim/${metadata.name}`
        : `NodeClaim/${metadata.name} (Node/${status.nodeName})`,
    ),
  ];
  const [first, ...others] = names;
  return first === undefined || others.length === 0 ? first : `${first} and ${others.length} more`;
}

/** A pod that is to end while its node is gone or does not answer: nobody can say that it has. */
export function ignorable({ metadata, spec, status }: Pod, node: Node | undefined): boolean {
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return true;
  if (metadata.deletionTimestamp === undefined || spec?.nodeName === undefined) return false;
  return node?.status?.conditions?.find(({ type }) => type === 'Ready')?.status !== 'True';
}
