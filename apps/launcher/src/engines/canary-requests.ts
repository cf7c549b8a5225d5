/** What a model can be asked for; most models can do one of these, and a runtime serves only what its model can. */
export type CanaryKind = 'completion' | 'embeddings' | 'score' | 'rerank' | 'classify' | 'pooling';

/** One small question that proves that a model works. It names no model, as the plainest client does. */
export interface CanaryRequest {
  readonly kind: CanaryKind;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** Whether an answer holds a result; a model that yields NaN yields none. */
  readonly holdsResult: (answer: unknown) => boolean;
}

/** What proves that a model works. */
export interface CanaryPlan {
  /** In the order in which they are sent. */
  readonly requests: readonly CanaryRequest[];
  /** How many have to be answered: the first that the runtime does not refuse, or every one that it does not refuse. */
  readonly need: 'first' | 'every';
}

/** How a runtime says that it does not do this kind of work with this model, as against failing at it. */
export interface Refusal {
  readonly statuses: readonly number[];
  readonly pattern: RegExp;
}

const text = 'Hello';

export const completion: CanaryRequest = {
  kind: 'completion',
  path: '/v1/completions',
  body: { prompt: text, max_tokens: 1, temperature: 0 },
  holdsResult: (answer) => firstOf(answer, 'choices') !== undefined,
};

export const embeddings: CanaryRequest = {
  kind: 'embeddings',
  path: '/v1/embeddings',
  body: { input: text },
  holdsResult: (answer) => isNumbers(field(firstOf(answer, 'data'), 'embedding')),
};

export const score: CanaryRequest = {
  kind: 'score',
  path: '/score',
  body: { text_1: text, text_2: text },
  holdsResult: (answer) => isNumber(field(firstOf(answer, 'data'), 'score')),
};

export const rerank: CanaryRequest = {
  kind: 'rerank',
  path: '/v1/rerank',
  body: { query: text, documents: [text] },
  holdsResult: (answer) => isNumber(field(firstOf(answer, 'results'), 'relevance_score')),
};

export const classify: CanaryRequest = {
  kind: 'classify',
  path: '/classify',
  body: { input: text },
  holdsResult: (answer) => isNumbers(field(firstOf(answer, 'data'), 'probs')),
};

export const pooling: CanaryRequest = {
  kind: 'pooling',
  path: '/pooling',
  body: { input: text },
  holdsResult: (answer) => isNumbers(field(firstOf(answer, 'data'), 'data')),
};

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function firstOf(answer: unknown, name: string): unknown {
  const list = field(answer, name);
  return Array.isArray(list) ? (list as readonly unknown[])[0] : undefined;
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value);
}

/** One vector, or one for each token. */
function isNumbers(value: unknown): boolean {
  if (!Array.isArray(value) || value.length === 0) return false;
  return (value as readonly unknown[]).every((each) => isNumber(each) || isNumbers(each));
}
