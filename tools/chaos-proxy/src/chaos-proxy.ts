import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request as call } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadKubeconfig, type ClusterAccess } from '@kaito-ts/kube-runtime';
import { createCertificate } from './certificate.ts';
import { proxyKubeconfig } from './kubeconfig.ts';
import { drawMishap, drawWatchFate, type Mishap, type WatchEnd, type WatchFate } from './mishap.ts';
import { refuse } from './refusal.ts';

export interface ChaosProxyOptions {
  /** Of the real cluster. */
  readonly kubeconfigPath: string;
  readonly random: () => number;
  /** Of the calls, which meet a mishap. Default 0.2. */
  readonly share?: number;
  readonly longestDelayMilliseconds?: number;
  /** A watch is dropped within this time. */
  readonly longestWatchMilliseconds?: number;
}

export interface ChaosProxy extends AsyncDisposable {
  /** For the program that is to suffer; removed again at the end. */
  readonly kubeconfigPath: string;
  readonly url: string;
  /** What has happened so far. */
  readonly statistics: Readonly<Record<Mishap | WatchEnd | 'calls' | 'watches', number>>;
  /** From now on all goes well. */
  calm(): void;
}

type Fate = Mishap | WatchFate | undefined;

export async function startChaosProxy(options: ChaosProxyOptions): Promise<ChaosProxy> {
  const { random, share = 0.2, longestDelayMilliseconds = 1_000, longestWatchMilliseconds = 6_000 } = options;
  const access = await loadKubeconfig({ path: options.kubeconfigPath, env: {} });
  const forward = await createForwarder(access);
  const { certificate, key } = await createCertificate(Date.now());
  const statistics = {
    calls: 0,
    watches: 0,
    conflict: 0,
    tooManyRequests: 0,
    serverError: 0,
    delay: 0,
    truncate: 0,
    loseAnswer: 0,
    end: 0,
    reset: 0,
    withinEvent: 0,
  };
  let calm = false;

  function drawFate(request: IncomingMessage, watch: boolean): Fate {
    statistics[watch ? 'watches' : 'calls']++;
    if (calm) return undefined;
    const mishap = drawMishap(random, share, request.method !== 'GET');
    if (mishap !== undefined && !(watch && (mishap === 'truncate' || mishap === 'loseAnswer'))) {
      statistics[mishap]++;
      return mishap;
    }
    if (!watch) return undefined;
    const fate = drawWatchFate(random, longestWatchMilliseconds);
    statistics[fate.end]++;
    return fate;
  }

  const server = createServer({ cert: certificate, key }, (request, response) => {
    const fate = drawFate(request, new URL(request.url ?? '/', access.server).searchParams.has('watch'));
    if (typeof fate === 'string' && refuse(response, fate)) {
      request.resume();
      return;
    }
    const delay = fate === 'delay' ? random() * longestDelayMilliseconds : 0;
    setTimeout(() => forward(request, response, fate), delay);
  });
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(0, '127.0.0.1', () => resolve()),
  );
  const address = server.address();
  const url = `https://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const directory = await mkdtemp(join(tmpdir(), 'kaito-chaos-proxy-'));
  const kubeconfigPath = join(directory, 'kubeconfig');
  await writeFile(kubeconfigPath, await proxyKubeconfig(url, certificate, access), { mode: 0o600 });
  return {
    kubeconfigPath,
    url,
    statistics,
    calm: () => {
      calm = true;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** The caller's token goes through; a client certificate is the proxy's own to show. */
async function createForwarder(
  access: ClusterAccess,
): Promise<(request: IncomingMessage, response: ServerResponse, fate: Fate) => void> {
  const { tls } = await access.credentials();
  const agent = new Agent({ ...tls, keepAlive: true, rejectUnauthorized: !access.skipTlsVerify });
  return (request, response, fate) => {
    const upstream = call(
      new URL(request.url ?? '/', access.server),
      {
        agent,
        method: request.method,
        headers: { ...request.headers, host: new URL(access.server).host },
      },
      (answer) => passOn(answer, response, fate),
    );
    upstream.on('error', () => response.destroy());
    response.on('close', () => upstream.destroy());
    request.pipe(upstream);
  };
}

function passOn(answer: IncomingMessage, response: ServerResponse, fate: Fate): void {
  if (fate === 'loseAnswer') {
    answer.resume();
    answer.on('end', () => response.destroy());
    return;
  }
  answer.on('error', () => response.destroy());
  response.writeHead(answer.statusCode ?? 502, answer.headers);
  if (fate === 'truncate') {
    truncate(answer, response);
    return;
  }
  answer.pipe(response);
  if (typeof fate === 'object') endWatch(answer, response, fate);
}

function truncate(answer: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  answer.on('data', (chunk: Buffer) => chunks.push(chunk));
  answer.on('end', () => {
    const body = Buffer.concat(chunks);
    response.write(body.subarray(0, body.length / 2), () => response.destroy());
  });
}

function endWatch(answer: IncomingMessage, response: ServerResponse, { milliseconds, end }: WatchFate): void {
  const timer = setTimeout(() => {
    answer.unpipe(response);
    if (end === 'reset') response.destroy();
    else if (end === 'end') response.end();
    else response.end('{"type":"MODIFIED","object":{"kind":"Work');
    answer.destroy();
  }, milliseconds);
  response.on('close', () => clearTimeout(timer));
}
