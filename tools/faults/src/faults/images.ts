import { kinds } from '@kaito-ts/kube-runtime';
import type { Fault } from '../fault.ts';
import { images } from '../images.ts';
import { nameRegistry, openDoor, tagImage, type Door } from '../registry.ts';
import type { Scene } from '../scene.ts';
import { aContainer, answering, aPod } from '../workspace-builder.ts';

const inference = { condition: 'InferenceReady' } as const;
const credentials = 'somebody:secret';

/** What keeps an image from coming to the node. */
export const imageFaults: readonly Fault[] = [
  {
    name: 'image missing in the registry',
    engine: 'containers',
    inject: (scene) => scene.apply({ adapter: 'kaito-faults/pirate:absent' }),
    expect: {
      ...inference,
      reason: 'ImageNotFound',
      object: /^Pod\/model-/,
      message: /image kaito-faults\/pirate:absent of container adapter-adapter .*not found/,
    },
    heal: ({ ground }) => tagImage(ground.node.registry, images.sparePirate, 'kaito-faults/pirate:absent'),
  },
  {
    name: 'pull denied',
    engine: 'containers',
    inject: async (scene) => {
      await lockedRegistry(scene);
      await pullSecret(scene, 'somebody:guessed');
      await scene.apply({
        adapterSource: { image: `locked.test/${images.denied}`, imagePullSecrets: ['pull'] },
      });
    },
    expect: {
      ...inference,
      reason: 'ImagePullDenied',
      object: /^Pod\/model-/,
      message: /image locked\.test\/kaito-faults\/pirate:denied .*(401|authori)/,
    },
    heal: async (scene) => {
      await pullSecret(scene, credentials);
      await scene.deletePods();
    },
  },
  {
    name: 'pull Secret absent',
    engine: 'containers',
    inject: async (scene) => {
      await lockedRegistry(scene);
      await scene.apply({
        adapterSource: { image: `locked.test/${images.secretless}`, imagePullSecrets: ['pull'] },
      });
    },
    expect: {
      ...inference,
      reason: 'PullSecretNotFound',
      object: /^Pod\/model-/,
      message: /Secret.* pull\b/i,
    },
    heal: async (scene) => {
      await pullSecret(scene, credentials);
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
      doors.push(door);
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

/** Nobody listens there until the fault is mended. */
const awayPort = 5999;
const doors: Door[] = [];
let locked: Promise<Door> | undefined;

/** One for all who need it; it ends with the process. */
async function lockedRegistry({ ground: { cluster, node } }: Scene): Promise<void> {
  locked ??= openDoor({ host: node.hostAddress, port: 0, registry: node.registry, credentials });
  const { port } = await locked;
  await nameRegistry(cluster, 'locked.test', `${node.hostAddress}:${port}`);
}

async function pullSecret(scene: Scene, login: string): Promise<void> {
  const [username, password] = login.split(':');
  const auths = {
    'locked.test': { username, password, auth: Buffer.from(login).toString('base64') },
  };
  await scene.put(kinds.secrets, {
    metadata: { name: 'pull' },
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') },
  });
}
