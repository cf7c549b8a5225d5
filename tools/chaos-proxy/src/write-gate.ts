import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request as call } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadKubeconfig } from '@kaito-ts/kube-runtime';
import { createCertificate } from './certificate.ts';
import { proxyKubeconfig } from './kubeconfig.ts';

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

export interface WriteGate extends AsyncDisposable {
  readonly kubeconfigPath: string;
}

const verbs: Readonly<Record<string, PassingWrite['verb']>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** Stands between a program and an API server and can end the program just before or just after one of its writes. */
export async function startWriteGate({
  kubeconfigPath: path,
  onWrite,
}: WriteGateOptions): Promise<WriteGate> {
  const access = await loadKubeconfig({ path, env: {} });
  const { tls } = await access.credentials();
  const agent = new Agent({ ...tls, keepAlive: true, rejectUnauthorized: !access.skipTlsVerify });
  const { certificate, key } = await createCertificate(Date.now());

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const verb = verbs[request.method ?? ''];
    const body = verb === undefined ? undefined : await textOf(request);
    const trap =
      verb === undefined
        ? undefined
        : onWrite({ verb, resource: resourceOf(request.url ?? '/', verb), body: jsonOf(body ?? '') });
    if (trap?.when === 'before') {
      await trap.act();
      response.destroy();
      return;
    }
    const upstream = call(
      new URL(request.url ?? '/', access.server),
      {
        agent,
        method: request.method,
        headers: { ...request.headers, host: new URL(access.server).host },
      },
      (answer) => {
        answer.on('error', () => response.destroy());
        if (trap === undefined) {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
          return;
        }
        answer.resume();
        answer.on('end', () => void trap.act().then(() => response.destroy()));
      },
    );
    upstream.on('error', () => response.destroy());
    if (trap === undefined) response.on('close', () => upstream.destroy());
    if (body === undefined) request.pipe(upstream);
    else upstream.end(body);
  }

  const server = createServer({ cert: certificate, key }, (request, response) => {
    pass(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(0, '127.0.0.1', () => resolve()),
  );
  const address = server.address();
  const url = `https://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const directory = await mkdtemp(join(tmpdir(), 'kaito-write-gate-'));
  const kubeconfigPath = join(directory, 'kubeconfig');
  await writeFile(kubeconfigPath, await proxyKubeconfig(url, certificate, access), { mode: 0o600 });
  return {
    kubeconfigPath,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** `/apis/GROUP/VERSION[/namespaces/NS]/PLURAL[/NAME[/SUBRESOURCE]]`, or `/api/VERSION/…`. */
export function resourceOf(url: string, verb: PassingWrite['verb']): string {
  const [root, ...rest] = new URL(url, 'https://api').pathname.split('/').filter((part) => part !== '');
  const parts = rest.slice(root === 'api' ? 1 : 2);
  const scoped = parts[0] === 'namespaces' && parts.length > 2 ? parts.slice(2) : parts;
  const [plural = '', , subresource] = scoped;
  return verb === 'create' || subresource === undefined ? plural : `${plural}/${subresource}`;
}

async function textOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function jsonOf(body: Buffer | string): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
