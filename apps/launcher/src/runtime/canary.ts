import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { failureClasses, LauncherError } from '../failure/failure.ts';
import { canaryHeader } from '../http/headers.ts';

export interface Canary {
  readonly address: AddressInfo;
  readonly token: string;
  readonly signal: AbortSignal;
}

const attempts = 3;
const pauseMilliseconds = 1000;
/** The first request may compile kernels. */
const answerTimeoutMilliseconds = 600_000;

/** No `model`: the canary goes the way of the plainest client, through the public port, to what the Workspace serves. */
const body = JSON.stringify({ prompt: 'Hello', max_tokens: 1, temperature: 0 });

/** Resolves when one completion came back whole. Throws `LauncherError` of class CanaryFailed after some attempts. */
export async function sendCanary(canary: Canary): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const reason = await tryOnce(canary).catch((error: unknown) => (error as Error).message);
    if (reason === undefined || canary.signal.aborted) return;
    if (attempt === attempts) {
      throw new LauncherError(
        failureClasses.canaryFailed,
        `the runtime runs but cannot complete a prompt: ${reason}`,
        {
          hint: 'see the lines of the runtime; the model, its adapters or a flag does not work together',
        },
      );
    }
    await sleep(pauseMilliseconds, undefined, { signal: canary.signal }).catch(() => {});
  }
}

/** The reason why it failed, or nothing. */
async function tryOnce({ address, token, signal }: Canary): Promise<string | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const request = httpRequest(
    {
      host: connectableAddress(address.address),
      port: address.port,
      method: 'POST',
      path: '/v1/completions',
      headers: { 'content-type': 'application/json', [canaryHeader]: token },
      agent: false,
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMilliseconds)]),
    },
    (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      );
    },
  );
  request.on('error', reject);
  request.end(body);
  const { status, text } = await promise;
  if (status !== 200) return `HTTP ${status}: ${text.slice(0, 500)}`;
  return hasChoice(text) ? undefined : `no choice in the answer: ${text.slice(0, 500)}`;
}

function hasChoice(text: string): boolean {
  try {
    const { choices } = JSON.parse(text) as { readonly choices?: unknown };
    return Array.isArray(choices) && choices.length > 0;
  } catch {
    return false;
  }
}

/** A wildcard address is for listening only. */
function connectableAddress(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  return address === '::' ? '::1' : address;
}
