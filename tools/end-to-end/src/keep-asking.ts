import { setTimeout as delay } from 'node:timers/promises';
import { patienceSeconds, until } from './until.ts';

export interface Asking {
  /** Resolves when so many more answers have come. */
  answers(count: number): Promise<void>;
  /** What came instead of the expected answer, each with the time in seconds since the asking began. */
  failures(): readonly string[];
  stop(): Promise<void>;
}

/** Asks the model again and again, each time on a new connection, as one client after the other would. */
export function keepAsking(url: string, expected: string): Asking {
  const failures: string[] = [];
  const begun = performance.now();
  let answered = 0;
  const end = new AbortController();

  async function askForEver(): Promise<void> {
    while (!end.signal.aborted) {
      const answer = await askOnce(url).catch((error: unknown) => String(error));
      if (answer === expected) answered++;
      else failures.push(`${((performance.now() - begun) / 1000).toFixed(1)} s: ${answer}`);
      await delay(100);
    }
  }

  const asking = askForEver();
  return {
    answers: async (count) => {
      const wanted = answered + count;
      await until(
        patienceSeconds,
        () => `${count} answers; failures: ${failures.join('; ')}`,
        async () => answered >= wanted,
      );
    },
    failures: () => failures,
    stop: async () => {
      end.abort();
      await asking;
    },
  };
}

async function askOnce(url: string): Promise<string> {
  const messages = [{ role: 'user', content: 'Hello' }];
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    signal: AbortSignal.timeout(patienceSeconds * 1000),
    body: JSON.stringify({ messages, temperature: 0, max_tokens: 120 }),
  });
  const text = await response.text();
  if (!response.ok) return `${response.status} ${text}`;
  const { choices } = JSON.parse(text) as { choices: readonly { message: { content: string } }[] };
  return choices[0]?.message.content ?? '';
}
