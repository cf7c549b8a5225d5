import { setTimeout as delay } from 'node:timers/promises';
import { CommandError, type StoredWorkspace } from '@kaito-ts/cli';

export interface Question {
  readonly adapters: readonly { readonly name: string; readonly strength: string }[];
  readonly question: string;
  readonly answer: string;
}

export interface AskOptions {
  readonly url: string;
  readonly question: string;
  readonly workspace: StoredWorkspace;
  readonly signal: AbortSignal;
}

/** Asks through the launcher's public port, greedily, so that the answer is the same every time. */
export async function ask({ url, question, workspace, signal }: AskOptions): Promise<Question> {
  const body = JSON.stringify({
    messages: [{ role: 'user', content: question }],
    temperature: 0,
    max_tokens: 120,
  });
  const response = await postPatiently(`${url}/v1/chat/completions`, body, signal);
  const text = await response.text();
  const answer = contentOf(text);
  if (!response.ok || answer === undefined) {
    throw new CommandError({
      code: 'NO_ANSWER',
      message: `${url} answered ${response.status}: ${text.slice(0, 300)}`,
      next: 'run the demo again; if it stays so, npm exec kaito -- up and kubectl logs tell more',
    });
  }
  return { adapters: adaptersOf(workspace), question, answer };
}

/** On a busy machine; on another one it is a moment. */
const FORWARDER_MILLISECONDS = 60_000;

/** The forwarder may hear of a new pod a moment after the operator did, and lead to one that has just ended until then. */
async function postPatiently(url: string, body: string, signal: AbortSignal): Promise<Response> {
  const end = performance.now() + FORWARDER_MILLISECONDS;
  for (;;) {
    const headers = { 'content-type': 'application/json' };
    try {
      const response = await fetch(url, { method: 'POST', headers, body, signal });
      if (response.status !== 503 || performance.now() > end) return response;
    } catch (error) {
      if (signal.aborted || performance.now() > end) throw error;
    }
    await delay(100, undefined, { signal });
  }
}

function contentOf(text: string): string | undefined {
  try {
    const value = JSON.parse(text) as { choices?: readonly { message?: { content?: string } }[] };
    return value.choices?.[0]?.message?.content;
  } catch {
    return undefined;
  }
}

function adaptersOf({ inference }: StoredWorkspace): Question['adapters'] {
  return (inference?.adapters ?? []).map(({ source, strength }) => ({
    name: source?.name ?? '',
    strength: strength ?? '1.0',
  }));
}
