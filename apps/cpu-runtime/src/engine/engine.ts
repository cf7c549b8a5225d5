export interface Sampling {
  /** 0 takes the likeliest token. */
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  readonly seed: number;
  readonly frequencyPenalty: number;
  readonly presencePenalty: number;
}

export interface TokenRequest {
  readonly tokens: readonly number[];
  readonly sampling: Sampling;
  readonly signal: AbortSignal;
}

/** First how much of the prompt was known already, then token after token until the model ends its turn. */
export type TokenEvent =
  | { readonly kind: 'prompt'; readonly cachedTokens: number }
  | { readonly kind: 'token'; readonly token: number };

export type ChatMessage = Readonly<Record<string, unknown>> & {
  readonly role: string;
  readonly content: string;
};

/** A loaded model. Generates for as many requests at once as it has sequences; the others wait in order. */
export interface Engine {
  /** How many it computes with. */
  readonly threads: number;
  /** Prompt and answer of one request together. */
  readonly contextTokens: number;
  readonly trainedContextTokens: number;
  readonly vocabularyTokens: number;
  /** Special tokens in the text become tokens; the beginning-of-sequence token is added where the model wants it. */
  tokenize(text: string): readonly number[];
  detokenize(tokens: readonly number[]): string;
  /** The prompt of a conversation, from the model's own chat template. Throws {@link TemplateError}. */
  renderChat(messages: readonly ChatMessage[], variables: Readonly<Record<string, unknown>>): string;
  generate(request: TokenRequest): AsyncGenerator<TokenEvent>;
  load(): { readonly running: number; readonly waiting: number };
}

/** Thrown when the chat template refuses a conversation, or there is none. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

/** Thrown when more requests wait than the queue may hold. */
export class QueueFullError extends Error {
  override readonly name = 'QueueFullError';
}
