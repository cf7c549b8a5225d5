import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

export const bin: string = fileURLToPath(new URL('../../bin/kaito-cpu-runtime.mjs', import.meta.url));
export const models: string = fileURLToPath(new URL('../../../../tools/demo-model', import.meta.url));

export interface Runtime {
  readonly child: ChildProcess;
  readonly url: string;
}

/** Starts programs, and kills what is left of them after the test file. */
export function programStarter(): (program: string, arguments_: readonly string[]) => ChildProcess {
  const started: ChildProcess[] = [];
  afterAll(() => {
    for (const child of started) child.kill('SIGKILL');
  });
  return (program, arguments_) => {
    const child = spawn(program, arguments_, { stdio: ['ignore', 'ignore', 'pipe'] });
    started.push(child);
    return child;
  };
}

/** Waits until the bin says that its model is loaded; its address is in its log. */
export async function untilLoaded(child: ChildProcess): Promise<Runtime> {
  let url = '';
  for await (const line of createInterface({ input: child.stderr as NodeJS.ReadableStream })) {
    url = /listening on (\S+),/.exec(line)?.[1] ?? url;
    if (line.includes('model loaded')) break;
  }
  child.stderr?.resume();
  return { child, url };
}

/** The greedy answer to one question. */
export async function ask(url: string, question: string): Promise<string> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [{ role: 'user', content: question }], temperature: 0 }),
  });
  const answer = (await response.json()) as { choices?: { message: { content: string } }[] };
  return answer.choices?.[0]?.message.content ?? JSON.stringify(answer);
}
