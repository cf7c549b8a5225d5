import { Agent, request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { isFields, textAt, type Fields } from '../json.ts';

/** Where an API server is, and how to be let in. */
export interface Target {
  readonly url: string;
  readonly token: string;
  /** PEM of the authority to trust; without it the server's certificate is not checked. */
  readonly authority?: string;
}

export interface Answer {
  readonly code: number;
  readonly body: Fields;
  readonly text: string;
  readonly bytes: Buffer;
  readonly warnings: readonly string[];
}

interface WatchEvent {
  readonly type: string;
  readonly object: Fields;
}

export interface Stream {
  /** The next event, bookmarks included; undefined at the end. */
  readonly next: () => Promise<WatchEvent | undefined>;
  readonly close: () => void;
}

export const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

const patienceMilliseconds = 20_000;

/** Plain requests to an API server, for checks of what it answers. */
export class Connection {
  readonly #target: Target;
  readonly #agent: Agent;

  constructor(target: Target) {
    this.#target = target;
    const trust = target.authority ? { ca: target.authority } : { rejectUnauthorized: false };
    this.#agent = new Agent({ ...trust, keepAlive: true, maxSockets: 64 });
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.send('GET', path, undefined, headers);
  }

  post(path: string, body: unknown): Promise<Answer> {
    return this.send('POST', path, body);
  }

  put(path: string, body: unknown): Promise<Answer> {
    return this.send('PUT', path, body);
  }

  patch(path: string, type: keyof typeof patchTypes, body: unknown): Promise<Answer> {
    return this.send('PATCH', path, body, { 'content-type': patchTypes[type] });
  }

  apply(path: string, manager: string, body: unknown, force = false): Promise<Answer> {
    return this.patch(`${path}?fieldManager=${manager}&force=${force}`, 'apply', body);
  }

  delete(path: string, options?: unknown): Promise<Answer> {
    return this.send('DELETE', path, options);
  }

  async send(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const isRaw = typeof body === 'string' || Buffer.isBuffer(body);
    const content = isRaw ? body : body === undefined ? '' : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const sent = this.#request(
        method,
        path,
        {
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(content)),
          ...headers,
        },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('error', reject);
          answer.on('end', () => {
            const bytes = Buffer.concat(chunks);
            const received = bytes.toString('utf8');
            const warning = answer.headers['warning'];
            resolve({
              code: answer.statusCode ?? 0,
              bytes,
              text: received,
              body: parsed(received),
              warnings: warning ? [warning].flat() : [],
            });
          });
        },
      );
      sent.on('error', reject);
      sent.end(content);
    });
  }

  watch(path: string, headers: Readonly<Record<string, string>> = {}): Stream {
    const events: WatchEvent[] = [];
    const waiting: ((event: WatchEvent | undefined) => void)[] = [];
    let hasEnded = false;
    let rest = '';
    const end = (): void => {
      hasEnded = true;
      for (const resolve of waiting.splice(0)) resolve(undefined);
    };
    const sent = this.#request('GET', path, headers, (answer) => {
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines.filter(Boolean)) {
          const event = JSON.parse(line) as WatchEvent;
          const resolve = waiting.shift();
          if (resolve) resolve(event);
          else events.push(event);
        }
      });
      answer.on('end', end);
      answer.on('error', end);
    });
    sent.on('error', end);
    sent.end();
    const next = async (): Promise<WatchEvent | undefined> => {
      const ready = events.shift();
      if (ready || hasEnded) return ready;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no event on ${path}`)), patienceMilliseconds);
        waiting.push((event) => {
          clearTimeout(timer);
          resolve(event);
        });
      });
    };
    return { next, close: () => void sent.destroy() };
  }

  close(): void {
    this.#agent.destroy();
  }

  #request(
    ...[method, path, headers, listener]: readonly [
      string,
      string,
      Readonly<Record<string, string>>,
      Listener,
    ]
  ): ReturnType<typeof request> {
    const authorization = `Bearer ${this.#target.token}`;
    const options = {
      method,
      agent: this.#agent,
      headers: { authorization, 'user-agent': 'behaviour/1', ...headers },
    };
    return request(new URL(path, this.#target.url), options, listener);
  }
}

type Listener = Parameters<typeof request>[2] & object;

function parsed(text: string): Fields {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : {};
  } catch {
    return {};
  }
}

/** Asks again until the answer is there; fails with the last reason after 20 s. */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined | false>): Promise<T> {
  const deadline = Date.now() + patienceMilliseconds;
  for (;;) {
    const found = await ask();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`did not come true: ${what}`);
    await sleep(50);
  }
}

export function reasonOf({ body }: Answer): string {
  return textAt(body, 'reason');
}
