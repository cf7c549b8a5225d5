import type { Node, Pod } from '@kaito-ts/kube-runtime';
import type { DeviceRequest, RolloutStrategy } from '@kaito-ts/manifest-builder';
import { quantityValue } from './quantity.ts';

export interface RoomInput {
  readonly device: DeviceRequest;
  readonly usable: readonly Node[];
  readonly podsOn: (node: string) => readonly Pod[];
}

export interface RolloutDecision {
  readonly strategy: RolloutStrategy;
  readonly reason: string;
}

/** Surge when some node has room for one more pod; otherwise the new pod would wait for the old one for ever. */
export function decideRollout({ device, usable, podsOn }: RoomInput): RolloutDecision {
  const wanted = wantedAmount(device);
  if (wanted === undefined)
    return { strategy: 'recreate', reason: 'how much memory a second pod needs is unknown' };
  const roomy = usable.find((node) => freeAmount(node, wanted.resource, podsOn) >= wanted.amount);
  if (roomy === undefined) {
    return { strategy: 'recreate', reason: `no node has ${wanted.amount} ${wanted.resource} to spare` };
  }
  return {
    strategy: 'surge',
    reason: `Node/${roomy.metadata.name} has ${wanted.amount} ${wanted.resource} to spare`,
  };
}

function wantedAmount(
  device: DeviceRequest,
): { readonly resource: string; readonly amount: number } | undefined {
  if (device.kind === 'gpu') return { resource: device.resourceName, amount: device.count };
  if (device.memoryRequestBytes === undefined) return undefined;
  return { resource: 'memory', amount: device.memoryRequestBytes };
}

function freeAmount(node: Node, resource: string, podsOn: RoomInput['podsOn']): number {
  const total = quantityValue(node.status?.allocatable?.[resource]) ?? 0;
  return podsOn(node.metadata.name)
    .filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed')
    .reduce((free, pod) => free - requestOf(pod.spec, resource), total);
}

interface Requesting {
  readonly containers?: readonly Container[] | undefined;
  readonly initContainers?: readonly Container[] | undefined;
}

interface Container {
  readonly resources?:
    | {
        readonly requests?: Readonly<Record<string, string>> | undefined;
        readonly limits?: Readonly<Record<string, string>> | undefined;
      }
    | undefined;
}

/** The scheduler's sum: containers together, or one init container if that asks for more. */
export function requestOf(spec: Requesting | undefined, resource: string): number {
  const amount = ({ resources }: Container): number =>
    quantityValue(resources?.requests?.[resource] ?? resources?.limits?.[resource]) ?? 0;
  const together = (spec?.containers ?? []).reduce((sum, container) => sum + amount(container), 0);
  return Math.max(together, ...(spec?.initContainers ?? []).map(amount));
}
