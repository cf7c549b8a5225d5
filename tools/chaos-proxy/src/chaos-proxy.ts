import type { IncomingMessage, ServerResponse } from 'node:http';
import { startFront, type Front } from './front.ts';
import { drawMishap, drawWatchFate, type Mishap, type WatchEnd, type WatchFate } from './mishap.ts';
import { refuse } from './refusal.ts';

export interface ChaosProxyOptions {
  /** Of the real cluster. */
  readonly kubeconfigPath: string;
  readonly random: () => number;
  /** Of the calls, which meet a mishap. Default 0.2. */
  readonly share?: number;
  /** Default 1000. */
  readonly longestDelayMilliseconds?: number;
  /** A watch is dropped within this time. Default 6000. */
  readonly longestWatchMilliseconds?: number;
}

/** Its kubeconfig is for the program that is to suffer. */
export interface ChaosProxy extends Front {
  /** What has happened so far. */
  readonly statistics: Readonly<Record<Mishap | WatchEnd | 'calls' | 'watches', number>>;
  /** From now on all goes well. */
  calm(): void;
}

type Fate = Mishap | WatchFate | undefined;

export async function startChaosProxy(options: ChaosProxyOptions): Promise<ChaosProxy> {
  const { random, share = 0.2, longestDelayMilliseconds = 1_000, longestWatchMilliseconds = 6_000 } = options;
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

  function drawFate({ url = '/', method }: IncomingMessage): Fate {
    const watch = new URL(url, 'https://api').searchParams.has('watch');
    statistics[watch ? 'watches' : 'calls']++;
    if (calm) return undefined;
    const mishap = drawMishap(random, share, method !== 'GET');
    if (mishap !== undefined && !(watch && (mishap === 'truncate' || mishap === 'loseAnswer'))) {
      statistics[mishap]++;
      return mishap;
    }
    if (!watch) return undefined;
    const fate = drawWatchFate(random, longestWatchMilliseconds);
    statistics[fate.end]++;
    return fate;
  }

  const front = await startFront(options.kubeconfigPath, (request, response, forward) => {
    const fate = drawFate(request);
    if (typeof fate === 'string' && refuse(response, fate)) {
      request.resume();
      return;
    }
    const begin = (): void => {
      const upstream = forward(request, (answer) => passOn(answer, response, fate));
      upstream.on('error', () => response.destroy());
      response.on('close', () => upstream.destroy());
      request.pipe(upstream);
    };
    if (fate === 'delay') setTimeout(begin, random() * longestDelayMilliseconds);
    else begin();
  });
  return {
    ...front,
    statistics,
    calm: () => {
      calm = true;
    },
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
