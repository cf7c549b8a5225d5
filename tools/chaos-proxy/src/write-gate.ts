import type { IncomingMessage, ServerResponse } from 'node:http';
import { finished } from 'node:stream/promises';
import { startFront, type Front, type Handle } from './front.ts';

/** One write on its way to the API server. */
export interface PassingWrite {
  readonly verb: 'create' | 'update' | 'patch' | 'delete';
  /** Such as `nodeclaims` or `workspaces/status`. */
  readonly resource: string;
  readonly body: unknown;
}

/** Done in place of an answer; the caller sees its connection break. */
export interface Trap {
  /** before: the API server never sees the write; after: it has done it. */
  readonly when: 'before' | 'after';
  readonly act: () => Promise<void>;
}

export interface WriteGateOptions {
  /** Of the real cluster. */
  readonly kubeconfigPath: string;
  /** Asked for each write; undefined lets it pass. */
  readonly onWrite: (write: PassingWrite) => Trap | undefined;
}

export type WriteGate = Front;

const verbs: Readonly<Record<string, PassingWrite['verb']>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** Stands between a program and an API server and can end the program just before or just after one of its writes. */
export function startWriteGate({ kubeconfigPath, onWrite }: WriteGateOptions): Promise<WriteGate> {
  return startFront(kubeconfigPath, (request, response, forward) => {
    pass(request, response, forward).catch(() => response.destroy());
  });

  async function pass(...[request, response, forward]: Parameters<Handle>): Promise<void> {
    const verb = verbs[request.method ?? ''];
    const body = verb === undefined ? undefined : await bodyOf(request);
    const trap =
      verb === undefined
        ? undefined
        : onWrite({ verb, resource: resourceOf(request.url ?? '/', verb), body: jsonOf(body) });
    if (trap?.when === 'before') {
      await trap.act();
      response.destroy();
      return;
    }
    const upstream = forward(request, (answer) => {
      if (trap === undefined) passOn(answer, response);
      else void springAfter(answer, trap).finally(() => response.destroy());
    });
    upstream.on('error', () => response.destroy());
    if (trap === undefined) response.on('close', () => upstream.destroy());
    if (body === undefined) request.pipe(upstream);
    else upstream.end(body);
  }
}

function passOn(answer: IncomingMessage, response: ServerResponse): void {
  answer.on('error', () => response.destroy());
  response.writeHead(answer.statusCode ?? 502, answer.headers);
  answer.pipe(response);
}

/** Whoever set the trap learns from its act what went wrong there. */
async function springAfter(answer: IncomingMessage, trap: Trap): Promise<void> {
  try {
    await finished(answer.resume());
    await trap.act();
  } catch {
    // The caller's connection breaks anyway.
  }
}

/** `/apis/GROUP/VERSION[/namespaces/NS]/PLURAL[/NAME[/SUBRESOURCE]]`, or `/api/VERSION/…`. */
export function resourceOf(url: string, verb: PassingWrite['verb']): string {
  const [root, ...rest] = new URL(url, 'https://api').pathname.split('/').filter((part) => part !== '');
  const parts = rest.slice(root === 'api' ? 1 : 2);
  const scoped = parts[0] === 'namespaces' && parts.length > 2 ? parts.slice(2) : parts;
  const [plural = '', , subresource] = scoped;
  return verb === 'create' || subresource === undefined ? plural : `${plural}/${subresource}`;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function jsonOf(body: Buffer | undefined): unknown {
  try {
    return JSON.parse(String(body));
  } catch {
    return undefined;
  }
}
