import { readFile, stat } from 'node:fs/promises';
import { Template } from '@huggingface/jinja';
import type { LlamaContextSequence, LlamaModel, Token } from 'node-llama-cpp';
import type { Settings } from '../command-line.ts';
import {
  type ChatMessage,
  type Engine,
  TemplateError,
  type TokenEvent,
  type TokenRequest,
} from './engine.ts';
import { Slots } from './slots.ts';

/** Beyond this, clients time out before their turn comes. */
const maximumWaiting = 1024;

/** Loads the model and its adapters into this process. */
export async function loadLlamaEngine(settings: Settings): Promise<Engine> {
  const threads = usefulThreads((await stat(settings.model)).size, settings.threads);
  const { getLlama, LlamaLogLevel } = await import('node-llama-cpp');
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    maxThreads: threads,
    logLevel: LlamaLogLevel.warn,
  });
  const model = await llama.loadModel({ modelPath: settings.model });
  const { parallel, contextTokens } = settings;
  const context = await model.createContext({
    sequences: parallel,
    contextSize:
      contextTokens === 0 ? model.trainContextSize : Math.max(1, Math.floor(contextTokens / parallel)),
    batchSize: settings.batchTokens,
    threads,
    ...(settings.loras.length === 0
      ? {}
      : { lora: { adapters: settings.loras.map((lora) => ({ ...lora })) } }),
  });
  const sequences = Array.from({ length: parallel }, () => context.getSequence());
  const slots = new Slots(sequences, maximumWaiting);
  const template = await loadTemplate(model, settings.chatTemplateFile);
  return {
    threads,
    contextTokens: context.contextSize,
    trainedContextTokens: model.trainContextSize,
    vocabularyTokens: model.fileInfo.metadata.tokenizer.ggml.tokens.length,
    tokenize: (text) => tokenize(model, text),
    detokenize: (tokens) => model.detokenize(tokens as readonly Token[], false),
    renderChat: (messages, variables) => render({ model, template }, messages, variables),
    generate: (request) => generate(slots, { ...request, batchTokens: context.batchSize }),
    load: () => ({ running: slots.running, waiting: slots.waiting }),
  };
}

/** Below this, threads spend their time waiting for each other: hundreds of times slower on a busy machine. */
const bytesPerThread = 16 * 1024 * 1024;

/** Told explicitly to llama.cpp, whose own choice ignores CPU quotas and was ten times slower. */
export function usefulThreads(modelBytes: number, available: number): number {
  return Math.min(available, Math.max(1, Math.floor(modelBytes / bytesPerThread)));
}

function tokenize(model: LlamaModel, text: string): readonly number[] {
  const tokens = model.tokenize(text, true);
  const { bos, shouldPrependBosToken } = model.tokens;
  return shouldPrependBosToken && bos !== null && tokens[0] !== bos ? [bos, ...tokens] : tokens;
}

async function loadTemplate(model: LlamaModel, file: string | undefined): Promise<Template | undefined> {
  const text =
    file === undefined ? model.fileInfo.metadata.tokenizer.chat_template : await readFile(file, 'utf8');
  return text === undefined ? undefined : new Template(text);
}

function render(
  { model, template }: { readonly model: LlamaModel; readonly template: Template | undefined },
  messages: readonly ChatMessage[],
  variables: Readonly<Record<string, unknown>>,
): string {
  if (!template)
    throw new TemplateError(
      'the model has no chat template; use /v1/completions or start with --chat-template-file',
    );
  const { bosString, eosString } = model.tokens;
  try {
    return template.render({
      // Python's templates are given None for these, and some test `is not none`.
      tools: null,
      documents: null,
      ...variables,
      messages,
      add_generation_prompt: true,
      bos_token: bosString ?? '',
      eos_token: eosString ?? '',
    });
  } catch (error) {
    throw new TemplateError(`the chat template refuses these messages: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

async function* generate(
  slots: Slots<LlamaContextSequence>,
  { tokens, sampling, signal, batchTokens }: TokenRequest & { readonly batchTokens: number },
): AsyncGenerator<TokenEvent> {
  const prompt = tokens as Token[];
  const sequence = await slots.take((slot) => slot.compareContextTokens(prompt).firstDifferentIndex, signal);
  try {
    const cachedTokens = await reusePrefix(sequence, prompt);
    yield { kind: 'prompt', cachedTokens };
    let next = cachedTokens;
    // Long prompts go in pieces, since nothing can be cancelled inside one.
    for (; prompt.length - next > batchTokens; next += batchTokens) {
      signal.throwIfAborted();
      await sequence.evaluateWithoutGeneratingNewTokens(prompt.slice(next, next + batchTokens));
    }
    signal.throwIfAborted();
    const generated: Token[] = [];
    const { frequencyPenalty, presencePenalty, ...options } = sampling;
    const repeatPenalty = { punishTokens: () => generated, penalty: 1, frequencyPenalty, presencePenalty };
    const punishes = frequencyPenalty !== 0 || presencePenalty !== 0;
    const source = sequence.evaluate(prompt.slice(next), {
      ...options,
      ...(punishes ? { repeatPenalty } : {}),
    });
    for await (const token of source) {
      signal.throwIfAborted();
      generated.push(token);
      yield { kind: 'token', token };
    }
  } finally {
    slots.giveBack(sequence);
  }
}

/** Keeps what the sequence already holds of this prompt; the last token is always evaluated, for its logits. */
async function reusePrefix(sequence: LlamaContextSequence, prompt: Token[]): Promise<number> {
  await sequence.adaptStateToTokens(prompt.slice(0, -1), false);
  return sequence.nextTokenIndex;
}
