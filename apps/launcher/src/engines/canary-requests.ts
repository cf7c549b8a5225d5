/** What a model can be asked for; most models can do one of these, and a runtime serves only what its model can. */
export type CanaryKind =
  | 'completion'
  | 'embeddings'
  | 'score'
  | 'rerank'
  | 'classify'
  | 'pooling'
  | 'transcription';

/** One small question that proves that a model works. It names no model, as the plainest client does. */
export interface CanaryRequest {
  readonly kind: CanaryKind;
  readonly path: string;
  readonly contentType: string;
  readonly body: Buffer;
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
  ...json({ prompt: text, max_tokens: 1, temperature: 0 }),
  holdsResult: (answer) => firstOf(answer, 'choices') !== undefined,
};

export const embeddings: CanaryRequest = {
  kind: 'embeddings',
  path: '/v1/embeddings',
  ...json({ input: text }),
  holdsResult: (answer) => isNumbers(field(firstOf(answer, 'data'), 'embedding')),
};

export const score: CanaryRequest = {
  kind: 'score',
  path: '/score',
  ...json({ text_1: text, text_2: text }),
  holdsResult: (answer) => isNumber(field(firstOf(answer, 'data'), 'score')),
};

export const rerank: CanaryRequest = {
  kind: 'rerank',
  path: '/v1/rerank',
  ...json({ query: text, documents: [text] }),
  holdsResult: (answer) => isNumber(field(firstOf(answer, 'results'), 'relevance_score')),
};

export const classify: CanaryRequest = {
  kind: 'classify',
  path: '/classify',
  ...json({ input: text }),
  holdsResult: (answer) => isNumbers(field(firstOf(answer, 'data'), 'probs')),
};

export const pooling: CanaryRequest = {
  kind: 'pooling',
  path: '/pooling',
  ...json({ input: text }),
  holdsResult: (answer) => isNumbers(field(firstOf(answer, 'data'), 'data')),
};

/** A second of silence, which says nothing: an empty text is a result. */
export const transcription: CanaryRequest = {
  kind: 'transcription',
  path: '/v1/audio/transcriptions',
  ...upload('silence.wav', silence(1)),
  holdsResult: (answer) => typeof field(answer, 'text') === 'string',
};

type Content = Pick<CanaryRequest, 'contentType' | 'body'>;

function json(value: Readonly<Record<string, unknown>>): Content {
  return { contentType: 'application/json', body: Buffer.from(JSON.stringify(value)) };
}

function upload(name: string, file: Buffer): Content {
  const boundary = 'kaito-canary';
  const head = [
    `--${boundary}`,
    `Content-Disposition: form-data; name="file"; filename="${name}"`,
    'Content-Type: audio/wav',
    '\r\n',
  ].join('\r\n');
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([Buffer.from(head), file, Buffer.from(`\r\n--${boundary}--\r\n`)]),
  };
}

/** A WAV file of one channel with 16 bits at 16 kHz, which speech models are trained on. */
function silence(seconds: number): Buffer {
  const rate = 16_000;
  const bytesPerSample = 2;
  const samples = Buffer.alloc(seconds * rate * bytesPerSample);
  const format = Buffer.alloc(16);
  format.writeUInt16LE(1, 0);
  format.writeUInt16LE(1, 2);
  format.writeUInt32LE(rate, 4);
  format.writeUInt32LE(rate * bytesPerSample, 8);
  format.writeUInt16LE(bytesPerSample, 12);
  format.writeUInt16LE(bytesPerSample * 8, 14);
  return chunk('RIFF', Buffer.concat([Buffer.from('WAVE'), chunk('fmt ', format), chunk('data', samples)]));
}

function chunk(name: string, content: Buffer): Buffer {
  const head = Buffer.from(`${name}....`);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content]);
}

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
