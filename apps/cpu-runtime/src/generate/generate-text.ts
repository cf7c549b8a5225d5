import type { Engine, Sampling } from '../engine/engine.ts';
import { StopScanner } from './stop-scanner.ts';
import { TokenTextDecoder } from './text-decoder.ts';

export interface TextRequest {
  readonly tokens: readonly number[];
  readonly sampling: Sampling;
  /** Absent: as many as the context holds. */
  readonly maxTokens?: number;
  readonly stops: readonly string[];
}

export interface Finish {
  /** 'length' when the limit or the context ended the answer. */
  readonly reason: 'stop' | 'length';
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly completionTokens: number;
}

export type TextEvent =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'finish'; readonly finish: Finish };

/** Streams an answer; the last event is always `finish`. */
export async function* generateText(
  engine: Engine,
  request: TextRequest,
  signal: AbortSignal,
): AsyncGenerator<TextEvent> {
  const { tokens, sampling, stops } = request;
  const limit = Math.min(request.maxTokens ?? Infinity, engine.contextTokens - tokens.length);
  const decoder = new TokenTextDecoder((part) => engine.detokenize(part));
  const scanner = new StopScanner(stops);
  let cachedTokens = 0;
  let completionTokens = 0;
  let reason: Finish['reason'] = 'stop';
  let stopped = false;
  for await (const event of engine.generate({ tokens, sampling, signal })) {
    if (event.kind === 'prompt') {
      ({ cachedTokens } = event);
      continue;
    }
    completionTokens += 1;
    const scanned = scanner.push(decoder.push(event.token));
    if (scanned.text !== '') yield { kind: 'text', text: scanned.text };
    ({ stopped } = scanned);
    if (stopped) break;
    if (completionTokens >= limit) {
      reason = 'length';
      break;
    }
  }
  const rest = stopped ? { text: '' } : scanner.push(decoder.flush());
  const last = rest.text + scanner.flush();
  if (last !== '') yield { kind: 'text', text: last };
  yield { kind: 'finish', finish: { reason, promptTokens: tokens.length, cachedTokens, completionTokens } };
}
