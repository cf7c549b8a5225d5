import { kinds } from '@kaito-ts/kube-runtime';
import type { Fault } from '../fault.ts';
import { images } from '../images.ts';
import { nameRegistry, openDoor, tagImage } from '../registry.ts';
import type { Scene } from '../scene.ts';
import { aContainer, answering, aPod } from '../workspace-builder.ts';

const inference = { condition: 'InferenceReady' } as const;
const credentials = 'somebody:secret';
const lateImage = 'kaito-faults/spare-pirate:absent';
/** Nobody listens there until the fault is mended. */
const awayPort = 5999;

/** What keeps an image from coming to the node. */
export const imageFaults: readonly Fault[] = [
  {
    name: 'image missing in the registry',
    engine: 'containers',
    inject: (scene) => scene.apply({ adapter: lateImage }),
    expect: {
      ...inference,
      reason: 'ImageNotFound',
      object: /^Pod\/model-/,
      message: /image kaito-faults\/spare-pirate:absent of container adapter-adapter .*not found/,
    },
    heal: ({ ground }) => tagImage(ground.node.registry, images.spare, lateImage),
  },
  {
    name: 'pull denied',
    engine: 'containers',
    inject: async (scene) => {
      await lockedRegistry(scene, 'denied.test');
      await pullSecret(scene, 'denied.test', 'somebody:guessed');
      await applyLocked(scene, 'denied.test');
    },
    expect: {
      ...inference,
      reason: 'ImagePullDenied',
      object: /^Pod\/model-/,
      message: /image denied\.test\/kaito-demo\/own-pirate:1 .*(401|authori)/,
    },
    heal: async (scene) => {
      await pullSecret(scene, 'denied.test', credentials);
      await scene.deletePods();
    },
  },
  {
    name: 'pull Secret absent',
    engine: 'containers',
    inject: async (scene) => {
      await lockedRegistry(scene, 'secretless.test');
      await applyLocked(scene, 'secretless.test');
    },
    expect: {
      ...inference,
      reason: 'PullSecretNotFound',
      object: /^Pod\/model-/,
      message: /Secret.* pull\b/i,
    },
    heal: async (scene) => {
      await pullSecret(scene, 'secretless.test', credentials);
      await scene.deletePods();
    },
  },
  {
    name: 'registry unreachable',
    engine: 'containers',
    inject: async (scene) => {
      const { cluster, node } = scene.ground;
      await nameRegistry(cluster, 'away.test', `${node.hostAddress}:${awayPort}`);
      await scene.apply({ adapter: 'away.test/kaito-demo/own-pirate:1' });
    },
    expect: {
      ...inference,
      reason: 'RegistryUnreachable',
      object: /^Pod\/model-/,
      message: /image away\.test\/kaito-demo\/own-pirate:1 .*connection refused/,
    },
    heal: async (scene) => {
      const { node } = scene.ground;
      const door = await openDoor({ host: node.hostAddress, port: awayPort, registry: node.registry });
      scene.atEnd(() => door.close());
      await scene.deletePods();
    },
  },
  {
    name: 'image name invalid',
    engine: 'containers',
    inject: (scene) =>
      scene.apply({ template: aPod(aContainer(answering, { image: 'Kaito-Demo/Own-Pirate:1:2' })) }),
    expect: {
      ...inference,
      reason: 'ImageNameInvalid',
      object: /^Pod\/model-/,
      message: /image Kaito-Demo\/Own-Pirate:1:2 of container main/,
    },
    heal: (scene) => scene.apply({ template: aPod(aContainer(answering)) }),
  },
];

/** One host for each who must not be let in: once an image is on the node, anybody may use it under that name. */
async function lockedRegistry(scene: Scene, host: string): Promise<void> {
  const { cluster, node } = scene.ground;
  const door = await openDoor({ host: node.hostAddress, port: 0, registry: node.registry, credentials });
  scene.atEnd(() => door.close());
  await nameRegistry(cluster, host, `${node.hostAddress}:${door.port}`);
}

function applyLocked(scene: Scene, host: string): Promise<void> {
  return scene.apply({ adapterSource: { image: `${host}/${images.pirate}`, imagePullSecrets: ['pull'] } });
}

async function pullSecret(scene: Scene, host: string, login: string): Promise<void> {
  const [username, password] = login.split(':');
  const auths = {
    [host]: { username, password, auth: Buffer.from(login).toString('base64') },
  };
  await scene.put(kinds.secrets, {
    metadata: { name: 'pull' },
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') },
  });
}
