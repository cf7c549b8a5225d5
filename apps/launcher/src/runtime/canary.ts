import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CanaryKind, CanaryRequest } from '../engines/canary-requests.ts';
import { failureClasses, LauncherError } from '../failure/failure.ts';
import { canaryHeader } from '../http/headers.ts';
import { readText, type RuntimeClient } from '../http/runtime-client.ts';
import type { Log } from '../log.ts';
import { nextStep, type CanaryAnswer, type CanaryChoice, type CanaryEvidence } from './choose-canary.ts';

export interface Canary extends CanaryChoice {
  /** The public port: a canary goes the way of every client. */
  readonly address: AddressInfo;
  readonly token: string;
  /** The runtime itself, for what no client may ask. */
  readonly runtime: RuntimeClient;
  readonly log: Log;
  readonly signal: AbortSignal;
}

const pauseMilliseconds = 1000;
/** The first request may compile kernels. */
const answerTimeoutMilliseconds = 600_000;
const routesTimeoutMilliseconds = 30_000;

/**
 * Resolves with the kinds of work that the model did, or with nothing when the signal aborts before. Throws
 * `LauncherError` of class CanaryFailed.
 */
export async function sendCanaries(canary: Canary): Promise<readonly CanaryKind[] | undefined> {
  const answers: CanaryAnswer[] = [];
  let routes: CanaryEvidence['routes'] = 'notAsked';
  while (!canary.signal.aborted) {
    const step = nextStep(canary, { answers, routes });
    switch (step.type) {
      case 'passed':
        canary.log('the model answered', { answered: step.answered });
        return step.answered;
      case 'failed':
        throw canaryFailed(step.reason);
      case 'askForRoutes':
        routes = await readRoutes(canary);
        break;
      case 'send':
        if (step.again) await sleep(pauseMilliseconds, undefined, { signal: canary.signal }).catch(() => {});
        answers.push(await send(canary, step.canary));
        break;
    }
  }
  return undefined;
}

function canaryFailed(reason: string): LauncherError {
  return new LauncherError(
    failureClasses.canaryFailed,
    `the runtime runs but cannot do what a model is asked for: ${reason}`,
    { hint: 'see the lines of the runtime; the model, its adapters or a flag does not work together' },
  );
}

async function send({ address, token, signal }: Canary, canary: CanaryRequest): Promise<CanaryAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<Omit<CanaryAnswer, 'canary'>>();
  const request = httpRequest(
    {
      host: connectableAddress(address.address),
      port: address.port,
      method: 'POST',
      path: canary.path,
      headers: { 'content-type': canary.contentType, [canaryHeader]: token },
      agent: false,
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMilliseconds)]),
    },
    (response) => {
      readText(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject);
    },
  );
  request.on('error', reject);
  request.end(canary.body);
  const answer = await promise.catch((error: unknown) => ({ status: 0, text: (error as Error).message }));
  return { canary, ...answer };
}

/** The paths of the OpenAPI document that the runtime writes about itself. */
async function readRoutes({ runtime, engine, signal }: Canary): Promise<CanaryEvidence['routes']> {
  try {
    const answer = await runtime({
      method: 'GET',
      path: engine.routeListPath ?? '/',
      signal: AbortSignal.any([signal, AbortSignal.timeout(routesTimeoutMilliseconds)]),
    });
    const text = await readText(answer);
    if (answer.statusCode !== 200) return 'notTold';
    const { paths } = JSON.parse(text) as { readonly paths?: Readonly<Record<string, unknown>> };
    return paths === undefined ? 'notTold' : new Set(Object.keys(paths));
  } catch {
    return 'notTold';
  }
}

/** A wildcard address is for listening only. */
function connectableAddress(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  return address === '::' ? '::1' : address;
}
