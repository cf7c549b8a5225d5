import { createInterface } from 'node:readline/promises';
import { Command, InvalidArgumentError } from 'commander';
import {
  findAnswerSource,
  type AnswerSource,
  type ChatMessage,
  type ChatRequest,
} from '../chat/answer-source.ts';
import type { CommandContext } from '../context.ts';
import { kubeconfigOption, namespaceOption, readCount, stateOption } from '../options.ts';

interface ChatOptions {
  readonly url?: string;
  readonly kubeconfig?: string;
  readonly namespace?: string;
  readonly state?: string;
  readonly model?: string;
  readonly temperature: number;
  readonly maxTokens?: number;
}

/** `kaito chat NAME "Hello"`; without a message, a conversation until end of input. */
export function chatCommand(context: CommandContext): Command {
  return new Command('chat')
    .description('talk to a Workspace’s model')
    .argument('<workspace>')
    .argument('[message]', 'one question; without it, a conversation until Ctrl-D')
    .option('--url <url>', 'an OpenAI-compatible endpoint instead of a Workspace’s')
    .option(
      '--model <name>',
      'the base, the adapters together or one adapter; the launcher’s choice unless given',
    )
    .option('--temperature <number>', '0 gives the same answer every time', readTemperature, 0)
    .option('--max-tokens <count>', 'longest answer', readCount)
    .addOption(kubeconfigOption())
    .addOption(namespaceOption())
    .addOption(stateOption())
    .action(async (workspace: string, message: string | undefined, options: ChatOptions) => {
      const source = await findAnswerSource(context, workspace, options);
      const settings = {
        model: options.model,
        temperature: options.temperature,
        max_tokens: options.maxTokens,
      };
      if (message === undefined) await converse(context, source, settings);
      else await answer(context, source, { ...settings, messages: [{ role: 'user', content: message }] });
    });
}

async function converse(
  context: CommandContext,
  source: AnswerSource,
  settings: Omit<ChatRequest, 'messages'>,
): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr, prompt: '> ' });
  const messages: ChatMessage[] = [];
  terminal.prompt();
  for await (const line of terminal) {
    if (line.trim() !== '') {
      messages.push({ role: 'user', content: line });
      messages.push({ role: 'assistant', content: await answer(context, source, { ...settings, messages }) });
    }
    terminal.prompt();
  }
}

async function answer(context: CommandContext, source: AnswerSource, request: ChatRequest): Promise<string> {
  let text = '';
  for await (const piece of source(request)) {
    text += piece;
    context.writeResult(piece);
  }
  context.writeResult('\n');
  return text;
}

function readTemperature(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 2) return value;
  throw new InvalidArgumentError('give a number from 0 to 2.');
}
