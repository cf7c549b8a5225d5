import { expect, test } from 'vitest';
import type { CanaryRequest } from '../engines/canary-requests.ts';
import type { Engine } from '../engines/engine.ts';
import { engineOf, engines } from '../engines/index.ts';
import { nextStep, type CanaryAnswer, type CanaryEvidence, type CanaryStep } from './choose-canary.ts';

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

/** A runtime as its replies by path; what it has no reply for, it has no route for. */
interface Runtime {
  readonly engine: Engine;
  readonly replies: Readonly<Record<string, Reply>>;
  readonly routes?: readonly string[];
  readonly flags?: Readonly<Record<string, readonly string[]>>;
}

const ok = (body: unknown): Reply => ({ status: 200, body });
const completed = ok({ choices: [{ text: 'x' }] });
const embedded = ok({ data: [{ embedding: [0.1, -0.2] }] });
const pooled = ok({ data: [{ data: [[0.1], [0.2]] }] });
const noRoute: Reply = { status: 404, body: { detail: 'Not Found' } };

function unsupported(api: string, status = 501): Reply {
  return { status, body: { error: { message: `The model does not support ${api} API`, code: status } } };
}

interface Course {
  readonly sent: readonly string[];
  readonly end: CanaryStep;
}

function play({ engine, replies, routes, flags = {} }: Runtime): Course {
  const plan = engine.canaries(new Map(Object.entries(flags)));
  const answers: CanaryAnswer[] = [];
  const sent: string[] = [];
  let told: CanaryEvidence['routes'] = 'notAsked';
  for (;;) {
    const step = nextStep({ plan, engine }, { answers, routes: told });
    if (step.type === 'passed' || step.type === 'failed') return { sent, end: step };
    if (step.type === 'askForRoutes') {
      sent.push('routes');
      told = routes === undefined ? 'notTold' : new Set(routes);
    } else {
      sent.push(step.canary.path);
      const { status, body } = replies[step.canary.path] ?? noRoute;
      answers.push({ canary: step.canary, status, text: JSON.stringify(body) });
    }
  }
}

const vllm = engineOf('vllm');
const llamacpp = engineOf('llamacpp');
const notCompat = {
  status: 400,
  body: {
    error: { message: "Pooling type 'none' is not OAI compatible. Please use a different pooling type" },
  },
};
const notStarted = (work: string): Reply => ({
  status: 501,
  body: { error: { message: `This server does not support ${work}. Start it with \`--${work}\`` } },
});
const encoder: Reply = {
  status: 500,
  body: { error: { message: 'the current context does not support logits computation. skipping' } },
};
const everyRoute = ['/v1/completions', '/v1/embeddings', '/score', '/classify', '/pooling'];

const passing: readonly (Runtime & { what: string; sent: readonly string[]; answered: readonly string[] })[] =
  [
    {
      what: 'vllm: a generating model, which is asked nothing else',
      engine: vllm,
      replies: { '/v1/completions': completed, '/v1/embeddings': embedded },
      sent: ['/v1/completions'],
      answered: ['completion'],
    },
    {
      what: 'vllm: an embedding model, told by its routes',
      engine: vllm,
      replies: { '/v1/embeddings': embedded, '/pooling': pooled },
      routes: ['/health', '/v1/embeddings', '/score', '/pooling'],
      sent: ['/v1/completions', 'routes', '/v1/embeddings'],
      answered: ['embeddings'],
    },
    {
      what: 'vllm: an embedding model that tells no routes',
      engine: vllm,
      replies: { '/v1/embeddings': embedded },
      sent: ['/v1/completions', 'routes', '/v1/embeddings'],
      answered: ['embeddings'],
    },
    {
      what: 'vllm of an older release, with every route and typed refusals',
      engine: vllm,
      replies: {
        '/v1/completions': unsupported('Completions', 400),
        '/v1/embeddings': unsupported('Embeddings', 400),
        '/score': unsupported('Score', 400),
        '/classify': ok({ data: [{ probs: [0.4, 0.6] }] }),
      },
      routes: everyRoute,
      sent: ['/v1/completions', 'routes', '/v1/embeddings', '/score', '/classify'],
      answered: ['classify'],
    },
    {
      what: 'vllm: a cross encoder scores',
      engine: vllm,
      replies: { '/score': ok({ data: [{ score: 0.9 }] }) },
      routes: ['/score', '/classify', '/rerank', '/pooling'],
      sent: ['/v1/completions', 'routes', '/score'],
      answered: ['score'],
    },
    {
      what: 'vllm: embeddings are listed, but every token has its own',
      engine: vllm,
      replies: { '/v1/embeddings': unsupported('Embeddings'), '/pooling': pooled },
      routes: ['/v1/embeddings', '/pooling'],
      sent: ['/v1/completions', 'routes', '/v1/embeddings', '/pooling'],
      answered: ['pooling'],
    },
    {
      what: 'vllm: a model that only transcribes, and hears nothing in silence',
      engine: vllm,
      replies: { '/v1/audio/transcriptions': ok({ text: '' }) },
      routes: ['/v1/audio/transcriptions', '/v1/audio/translations'],
      sent: ['/v1/completions', 'routes', '/v1/audio/transcriptions'],
      answered: ['transcription'],
    },
    {
      what: 'llama.cpp: a generating model',
      engine: llamacpp,
      replies: { '/v1/completions': completed },
      sent: ['/v1/completions'],
      answered: ['completion'],
    },
    {
      what: 'llama.cpp told to embed with a model that also generates: both',
      engine: llamacpp,
      flags: { embedding: ['--embedding'] },
      replies: { '/v1/completions': completed, '/v1/embeddings': embedded, '/embeddings': notStarted('x') },
      sent: ['/v1/completions', '/v1/embeddings', '/embeddings'],
      answered: ['completion', 'embeddings'],
    },
    {
      what: 'llama.cpp told to embed with an encoder, without pooling',
      engine: llamacpp,
      flags: { embedding: ['--embedding'] },
      replies: {
        '/v1/completions': encoder,
        '/v1/embeddings': notCompat,
        '/embeddings': ok([{ index: 0, embedding: [[0.5, 0.25]] }]),
      },
      sent: ['/v1/completions', '/v1/embeddings', '/embeddings'],
      answered: ['embeddings'],
    },
    {
      what: 'llama.cpp told to rank',
      engine: llamacpp,
      flags: { rerank: ['--rerank'] },
      replies: {
        '/v1/completions': encoder,
        '/v1/rerank': ok({ results: [{ index: 0, relevance_score: -3.5 }] }),
      },
      sent: ['/v1/completions', '/v1/rerank'],
      answered: ['rerank'],
    },
  ];

test.each(passing)('$what', ({ sent, answered, ...runtime }) => {
  expect(play(runtime)).toEqual({ sent, end: { type: 'passed', answered } });
});

const failing: readonly (Runtime & { what: string; sent: readonly string[]; reason: RegExp })[] = [
  {
    what: 'a generating model that fails at completions is asked again and then given up, whatever else it can',
    engine: vllm,
    replies: { '/v1/completions': { status: 500, body: 'kernel' }, '/v1/embeddings': embedded },
    routes: everyRoute,
    sent: ['/v1/completions', '/v1/completions', '/v1/completions'],
    reason: /^\/v1\/completions: HTTP 500: "kernel"$/u,
  },
  {
    what: 'a model name that vllm does not know is no refusal of completions',
    engine: vllm,
    replies: {
      '/v1/completions': { status: 404, body: { error: { message: 'The model `own` does not exist.' } } },
      '/v1/embeddings': embedded,
    },
    routes: everyRoute,
    sent: ['/v1/completions', 'routes', '/v1/completions', '/v1/completions'],
    reason: /The model `own` does not exist/u,
  },
  {
    what: 'an answer without a choice is no completion',
    engine: vllm,
    replies: { '/v1/completions': ok({ choices: [] }) },
    sent: ['/v1/completions', '/v1/completions', '/v1/completions'],
    reason: /no result in the answer/u,
  },
  {
    what: 'an embedding that is no number is none',
    engine: vllm,
    replies: { '/v1/embeddings': ok({ data: [{ embedding: [0.1, null] }] }) },
    routes: ['/v1/embeddings', '/pooling'],
    sent: ['/v1/completions', 'routes', '/v1/embeddings', '/v1/embeddings', '/v1/embeddings'],
    reason: /^\/v1\/embeddings: no result/u,
  },
  {
    what: 'a runtime that serves none of it: what it does serve is said',
    engine: vllm,
    replies: {},
    routes: ['/health', '/v1/realtime'],
    sent: ['/v1/completions', 'routes'],
    reason: /it serves \/health, \/v1\/realtime/u,
  },
  {
    what: 'llama.cpp with an encoder that nobody told to embed: its own words say what to do',
    engine: llamacpp,
    replies: { '/v1/completions': encoder, '/v1/embeddings': notStarted('embeddings') },
    sent: ['/v1/completions', '/v1/embeddings'],
    reason: /logits computation.*Start it with `--embeddings`/u,
  },
  {
    what: 'llama.cpp told to embed, where completions fail: not ready by its embeddings alone',
    engine: llamacpp,
    flags: { embedding: ['--embedding'] },
    replies: { '/v1/completions': { status: 500, body: 'broken' }, '/v1/embeddings': embedded },
    sent: ['/v1/completions', '/v1/completions', '/v1/completions'],
    reason: /broken/u,
  },
  {
    what: 'transformers only generates',
    engine: engineOf('transformers'),
    replies: { '/v1/completions': { status: 500, body: 'no head' } },
    sent: ['/v1/completions', '/v1/completions', '/v1/completions'],
    reason: /no head/u,
  },
];

test.each(failing)('$what', ({ sent, reason, ...runtime }) => {
  expect(play(runtime)).toEqual({
    sent,
    end: { type: 'failed', reason: expect.stringMatching(reason) as string },
  });
});

test.each(engines)('$name: clients can ask for whatever a canary asks for', (engine) => {
  const exposed = engine.routes.map(({ path }) => path);
  const modes = ['', 'embedding', 'rerank'].map((flag) => new Map([[flag, [`--${flag}`]]]));
  const requests: readonly CanaryRequest[] = modes.flatMap((flags) => engine.canaries(flags).requests);
  expect(exposed).toEqual(expect.arrayContaining(requests.map(({ path }) => path)));
});
