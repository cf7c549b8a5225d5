import { nodeClassKinds, type ClaimFate } from '@kaito-ts/fake-provider';
import { nodeClaimTimeoutSeconds } from '../cloud.ts';
import type { Fault } from '../fault.ts';
import type { Scene } from '../scene.ts';

const claims = { condition: 'NodesReady' } as const;
const object = /^NodeClaim\//;

/** What becomes of machines that are ordered. */
export const claimFaults: readonly Fault[] = [
  {
    name: 'cloud quota used up',
    engine: 'bought nodes',
    inject: (scene) => order(scene, 'quotaExceeded'),
    expect: { ...claims, reason: 'NodeQuotaExceeded', object, message: /exceeds the approved .* quota/ },
    heal: recover,
  },
  {
    name: 'cloud out of machines',
    engine: 'bought nodes',
    inject: (scene) => order(scene, 'insufficientCapacity'),
    expect: {
      ...claims,
      reason: 'InsufficientCapacity',
      object,
      message: /insufficient capacity.*Standard_NC24ads_A100_v4/,
    },
    heal: recover,
  },
  {
    name: 'cloud refuses the machine',
    engine: 'bought nodes',
    inject: (scene) => order(scene, 'launchError'),
    expect: { ...claims, reason: 'NodeClaimLaunchFailed', object, message: /AuthorizationFailed/ },
    heal: recover,
  },
  {
    name: 'machine never joins',
    engine: 'bought nodes',
    inject: (scene) => order(scene, 'neverRegisters'),
    expect: {
      ...claims,
      reason: 'NodeClaimTimedOut',
      object,
      message: new RegExp(`is not Registered since .* more than ${nodeClaimTimeoutSeconds} s`),
    },
    heal: recover,
  },
  {
    name: 'instance type unknown',
    engine: 'bought nodes',
    inject: (scene) => scene.apply({ runtime: 'vllm', resource: machine('Standard_NC25ads_A100_v4') }),
    expect: {
      condition: 'NodesReady',
      reason: 'InstanceTypeUnknown',
      object: /^Workspace\/model$/,
      message: /Standard_NC25ads_A100_v4/,
    },
  },
  {
    name: 'node class not ready',
    engine: 'bought nodes',
    alone: true,
    inject: async (scene) => {
      scene.ground.cloud.breakNodeClasses('the image gallery cannot be read');
      await scene.until('the NodeClass is not ready', async () => !(await isNodeClassReady(scene)));
      await order(scene, 'launch');
    },
    expect: {
      ...claims,
      reason: 'NodeClassNotReady',
      object: /^AKSNodeClass\/image-family-ubuntu$/,
      message: /the image gallery cannot be read/,
    },
    heal: async ({ ground }) => ground.cloud.breakNodeClasses(undefined),
  },
];

function machine(instanceType: string): Readonly<Record<string, unknown>> {
  return { instanceType, labelSelector: { matchLabels: { apps: 'model' } } };
}

async function isNodeClassReady({ client }: Scene): Promise<boolean> {
  const classes = await Promise.all(nodeClassKinds.map((kind) => client.list(kind)));
  const conditions = classes.flatMap(({ items }) => items).flatMap(({ status }) => status?.conditions ?? []);
  return conditions.every(({ type, status }) => type !== 'Ready' || status === 'True');
}

async function order(scene: Scene, fate: ClaimFate): Promise<void> {
  scene.ground.cloud.decide(scene.namespace, fate);
  await scene.apply({ runtime: 'vllm', resource: machine('Standard_NC24ads_A100_v4') });
}

async function recover({ ground, namespace }: Scene): Promise<void> {
  ground.cloud.decide(namespace, 'launch');
}
