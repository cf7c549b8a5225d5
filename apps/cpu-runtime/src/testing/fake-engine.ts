import type { Engine, TokenRequest } from '../engine/engine.ts';
import { TemplateError } from '../engine/engine.ts';

export interface FakeEngine extends Engine {
  readonly requests: readonly TokenRequest[];
  /** Whether the last generation was ended by its signal. */
  readonly cancelled: boolean;
}

/** Tokens are UTF-16 code units; the answer is given, token by token, `delayMs` apart. */
export function createFakeEngine(
  answer: string,
  options: { readonly delayMs?: number; readonly fails?: boolean } = {},
): FakeEngine {
  const requests: TokenRequest[] = [];
  let cancelled = false;
  return {
    threads: 1,
    contextTokens: 64,
    trainedContextTokens: 128,
    vocabularyTokens: 65_536,
    requests,
    get cancelled() {
      return cancelled;
    },
    tokenize: (text) => Array.from({ length: text.length }, (_, index) => text.charCodeAt(index)),
    detokenize: (tokens) => String.fromCharCode(...tokens),
    renderChat(messages) {
      if (messages.some(({ role }) => role === 'nobody'))
        throw new TemplateError('the chat template refuses nobody');
      return messages.map(({ role, content }) => `${role}:${content};`).join('');
    },
    async *generate(request) {
      requests.push(request);
      yield { kind: 'prompt', cachedTokens: 3 };
      for (const character of answer) {
        if (options.delayMs !== undefined)
          await new Promise((resolve) => setTimeout(resolve, options.delayMs));
        cancelled = request.signal.aborted;
        request.signal.throwIfAborted();
        if (options.fails) throw new Error('out of memory');
        yield { kind: 'token', token: character.charCodeAt(0) };
      }
    },
    load: () => ({ running: 0, waiting: 0 }),
  };
}
