import { setTimeout as delay } from 'node:timers/promises';
import { kinds, type Pod } from '@kaito-ts/kube-runtime';
import type { Fault, Outcome } from './fault.ts';
import type { Ground } from './ground.ts';
import { openScene, type Scene } from './scene.ts';
import type { FirstNotTrue, Sighting } from './sightings.ts';

/** Most are told within seconds; a busy machine takes longer for everything. */
const tellSeconds = 240;
const healSeconds = 240;
/** A cause that is told must still be told a while later: a status that flickers tells nobody anything. */
const holdMilliseconds = 1500;
const answerMilliseconds = 60_000;

/** Plays one row to its end; never throws. */
export async function runFault(fault: Fault, ground: Ground): Promise<Outcome> {
  let outcome: Outcome = { fault, healed: 'not tried' };
  let scene: Scene | undefined;
  try {
    scene = await openScene(ground, fault.name);
    await ground.grantWriting(scene.namespace, fault.rights ?? 'all');
    if (fault.serve !== undefined) {
      await fault.serve(scene);
      await untilReady(scene);
    }
    const struck = performance.now();
    await fault.inject(scene);
    const { first, at } = await untilTold(scene, fault, struck);
    const { type: condition, reason, message } = first;
    outcome = { ...outcome, condition, reason, message, secondsToTell: (at - struck) / 1000 };
    // What mends itself need not stay.
    if (fault.heal !== 'byItself') await untilHeld(scene, fault);
    expectNeverReady(scene, fault, {
      from: struck,
      to: fault.heal === 'byItself' ? at : performance.now(),
    });
    return { ...outcome, healed: await heal(scene, fault, at) };
  } catch (error) {
    return { ...outcome, problem: (error as Error).message };
  } finally {
    await scene?.close().catch(() => {});
  }
}

async function heal(scene: Scene, fault: Fault, told: number): Promise<Outcome['healed']> {
  if (fault.heal === undefined) return 'not tried';
  const since = fault.heal === 'byItself' ? told : performance.now();
  if (fault.heal !== 'byItself') await fault.heal(scene);
  await untilReady(scene, since);
  if (fault.engine !== 'containers' && fault.engine !== 'scripted runtime') return 'ready';
  await expectAnswer(scene);
  return 'answers';
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

async function untilHeld(scene: Scene, fault: Fault): Promise<void> {
  await delay(holdMilliseconds);
  const shortcoming = shortcomingOf(scene.sightings().at(-1)?.first, fault);
  if (shortcoming !== undefined) throw new Error(`then it said ${shortcoming}`);
}

interface Period {
  readonly from: number;
  readonly to: number;
}

/** A Workspace that served goes on saying so until the fault is noticed, and no longer. */
function expectNeverReady(scene: Scene, { serve }: Fault, { from, to }: Period): void {
  const sightings = scene.sightings().filter(({ at }) => at >= from && at <= to);
  const noticed = serve === undefined ? 0 : sightings.findIndex(({ first }) => first !== undefined);
  if (sightings.slice(noticed).some(({ ready }) => ready))
    throw new Error('it said Ready while nothing answered');
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

/** A ready endpoint of the Workspace's Service, once none of them is that of a pod which ended or is told to end. */
async function readyAddress(scene: Scene): Promise<string> {
  const { client, namespace, name } = scene;
  const look = async (): Promise<string | undefined> => {
    const labelSelector = `kubernetes.io/service-name=${name}`;
    const { items } = await client.list(kinds.endpointSlices, { namespace, labelSelector });
    const there = await scene.pods();
    const addresses = items.flatMap(({ endpoints }) =>
      // The API server writes null for none.
      ((endpoints as typeof endpoints | null) ?? [])
        .filter(({ conditions }) => conditions?.ready === true)
        .flatMap((each) => each.addresses),
    );
    const behind = addresses.some((address) => !there.some((pod) => answersAt(pod, address)));
    return behind ? undefined : addresses[0];
  };
  return scene.until('a ready endpoint, and none of a pod that ends', look, healSeconds);
}

function answersAt({ metadata, status }: Pod, address: string): boolean {
  return status?.podIP === address && metadata.deletionTimestamp === undefined;
}

/** A request to the endpoint that the Workspace's Service has. */
async function expectAnswer(scene: Scene): Promise<void> {
  const url = `http://${await readyAddress(scene)}:5000`;
  const messages = [{ role: 'user', content: 'Hello' }];
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ messages, temperature: 0, max_tokens: 20 }),
    signal: AbortSignal.timeout(answerMilliseconds),
  });
  const text = await response.text();
  if (scene.servesModel && (!response.ok || !text.includes('"choices"')))
    throw new Error(`it answers ${response.status}: ${text}`);
}
