import { setTimeout as delay } from 'node:timers/promises';
import { kinds } from '@kaito-ts/kube-runtime';
import { grantWriting } from './access.ts';
import type { Fault, Outcome } from './fault.ts';
import type { Ground } from './ground.ts';
import { closeScene, openScene, type Scene } from './scene.ts';
import type { FirstNotTrue, Sighting } from './sightings.ts';

/** Most are told within seconds; a busy machine takes longer for everything. */
const tellSeconds = 240;
const healSeconds = 240;
/** A cause that is told must still be told a while later: a status that flickers tells nobody anything. */
const holdMilliseconds = 1500;

/** Plays one row to its end; never throws. */
export async function runFault(fault: Fault, ground: Ground): Promise<Outcome> {
  const told: { first?: FirstNotTrue; seconds?: number } = {};
  let healed: Outcome['healed'] = 'not tried';
  let scene: Scene | undefined;
  const outcome = (problem?: string): Outcome => ({
    fault,
    ...(told.first !== undefined && {
      condition: told.first.type,
      reason: told.first.reason,
      message: told.first.message,
    }),
    ...(told.seconds !== undefined && { secondsToTell: told.seconds }),
    healed,
    ...(problem !== undefined && { problem }),
  });
  try {
    scene = await openScene(ground, fault.name);
    if (ground.cluster.node !== undefined)
      await grantWriting(ground.client, scene.namespace, fault.rights ?? 'all');
    if (fault.serve !== undefined) {
      await fault.serve(scene);
      await untilReady(scene);
    }
    const struck = performance.now();
    await fault.inject(scene);
    const { first, at } = await untilTold(scene, fault, struck);
    told.first = first;
    told.seconds = (at - struck) / 1000;
    const problem = await problemOf(scene, fault, struck);
    if (problem !== undefined) return outcome(problem);
    if (fault.heal !== undefined) {
      const mended = performance.now();
      await fault.heal(scene);
      await untilReady(scene, mended);
      healed = 'ready';
      if (fault.engine === 'containers' || fault.engine === 'scripted runtime') {
        await answer(scene);
        healed = 'answers';
      }
    }
    return outcome();
  } catch (error) {
    return outcome((error as Error).message);
  } finally {
    if (scene !== undefined && process.env['KAITO_TEST_KEEP'] === undefined) await closeScene(scene);
  }
}

/** The first status that says all that is expected. */
async function untilTold(
  scene: Scene,
  fault: Fault,
  since: number,
): Promise<{ readonly first: FirstNotTrue; readonly at: number }> {
  const seen = (): readonly Sighting[] => scene.sightings().filter(({ at }) => at >= since);
  const look = async (): Promise<{ first: FirstNotTrue; at: number } | undefined> => {
    const found = seen().find(({ first }) => shortcomingOf(first, fault) === undefined);
    return found?.first === undefined ? undefined : { first: found.first, at: found.at };
  };
  return scene.until(fault.expect.reason, look, tellSeconds).catch(() => {
    const all = seen().map(({ ready, first }) => (ready ? 'Ready' : `${shortcomingOf(first, fault)}`));
    const where = `${fault.expect.reason} was not told in ${tellSeconds} s`;
    throw new Error(`${where}; seen: ${[...new Set(all)].join(' | ')}`);
  });
}

/** What a status lacks of what is expected. */
function shortcomingOf(first: FirstNotTrue | undefined, { expect }: Fault): string | undefined {
  if (first === undefined) return 'no condition that is not True';
  const [object = '', ...rest] = first.message.split(': ');
  const said = `${first.type} ${first.reason}: ${first.message}`;
  if (first.reason !== expect.reason) return said;
  if (first.type !== expect.condition) return `another condition: ${said}`;
  if (!expect.object.test(object)) return `another object: ${said}`;
  if (!expect.message.test(rest.join(': '))) return `another message: ${said}`;
  return /; next: \S/.test(first.message) ? undefined : `no next step: ${said}`;
}

async function problemOf(scene: Scene, fault: Fault, since: number): Promise<string | undefined> {
  await delay(holdMilliseconds);
  const sightings = scene.sightings().filter(({ at }) => at >= since);
  const shortcoming = shortcomingOf(sightings.at(-1)?.first, fault);
  if (shortcoming !== undefined) return `then it said ${shortcoming}`;
  // A Workspace that served goes on saying so until the fault is noticed.
  const noticed = fault.serve === undefined ? 0 : sightings.findIndex(({ first }) => first !== undefined);
  if (sightings.slice(noticed).some(({ ready }) => ready)) return 'it said Ready while nothing answered';
  return undefined;
}

async function untilReady(scene: Scene, since = 0): Promise<void> {
  const latest = (): ReturnType<Scene['sightings']>[number] | undefined => scene.sightings().at(-1);
  await scene
    .until('Ready', async () => latest()?.ready === true && (latest()?.at ?? 0) >= since, healSeconds)
    .catch(() => {
      const first = latest()?.first;
      throw new Error(`not Ready in ${healSeconds} s: ${first?.type} ${first?.reason}: ${first?.message}`);
    });
}

/** A request to the endpoint that the Workspace's Service has. */
async function answer(scene: Scene): Promise<void> {
  const { client, namespace, name } = scene;
  const url = await scene.until('a ready endpoint', async () => {
    const labelSelector = `kubernetes.io/service-name=${name}`;
    const { items } = await client.list(kinds.endpointSlices, { namespace, labelSelector });
    const addresses = items.flatMap(({ endpoints = [] }) =>
      endpoints.filter(({ conditions }) => conditions?.ready === true).flatMap((each) => each.addresses),
    );
    return addresses[0] === undefined ? undefined : `http://${addresses[0]}:5000`;
  });
  const messages = [{ role: 'user', content: 'Hello' }];
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ messages, temperature: 0, max_tokens: 20 }),
  });
  const served = response.headers.get('content-type')?.includes('json') === true;
  if (served && !response.ok) throw new Error(`it answers ${response.status}: ${await response.text()}`);
}
