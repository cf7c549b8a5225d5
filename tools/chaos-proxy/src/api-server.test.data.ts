import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, request as call } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createCertificate } from './certificate.ts';

/** What an API server must do here: hear calls, answer them, and go on with watches. */
export interface PlayedApiServer extends AsyncDisposable {
  readonly kubeconfigPath: string;
  /** `METHOD PATH TOKEN BODY` of each call. */
  readonly heard: string[];
}

export const answerText: string = JSON.stringify({ kind: 'PodList', items: ['a'.repeat(200)] });

export async function playApiServer(): Promise<PlayedApiServer> {
  await using started = new AsyncDisposableStack();
  const { certificate, key } = await createCertificate(Date.now());
  const heard: string[] = [];
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    heard.push(`${request.method} ${request.url} ${request.headers.authorization} ${body}`.trim());
    response.writeHead(200, { 'content-type': 'application/json' });
    if (request.url?.includes('watch=') === true) response.write('{"type":"ADDED"}\n');
    else response.end(answerText);
  }
  const server = createServer({ cert: certificate, key }, (request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  started.defer(async () => {
    const closed = once(server.close(), 'close');
    server.closeAllConnections();
    await closed;
  });
  const directory = await mkdtemp(join(tmpdir(), 'kaito-played-api-server-'));
  started.defer(() => rm(directory, { recursive: true, force: true }));
  const kubeconfigPath = join(directory, 'kubeconfig');
  const { port } = server.address() as AddressInfo;
  const cluster = {
    server: `https://127.0.0.1:${port}`,
    'certificate-authority-data': Buffer.from(certificate).toString('base64'),
  };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'played', cluster }],
    users: [{ name: 'played', user: { token: 'own' } }],
    contexts: [{ name: 'played', context: { cluster: 'played', user: 'played' } }],
    'current-context': 'played',
  };
  await writeFile(kubeconfigPath, JSON.stringify(config));
  const all = started.move();
  return { kubeconfigPath, heard, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

interface Answer {
  /** 0: the connection broke before any answer. */
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
  /** The connection stayed until all was said. */
  readonly whole: boolean;
}

const broken: Answer = { status: 0, retryAfter: undefined, text: '', whole: false };

/** Calls as the program would that got this kubeconfig. */
export async function callBy(kubeconfigPath: string, method: string, path: string): Promise<Answer> {
  const config = JSON.parse(await readFile(kubeconfigPath, 'utf8')) as {
    readonly clusters: readonly [{ cluster: { server: string; 'certificate-authority-data': string } }];
    readonly users: readonly [{ user: { token: string } }];
  };
  const { server, 'certificate-authority-data': authority } = config.clusters[0].cluster;
  const authorization = `Bearer ${config.users[0].user.token}`;
  const options = {
    method,
    ca: Buffer.from(authority, 'base64'),
    headers: { authorization },
    agent: false as const,
  };
  return new Promise((resolve) => {
    const request = call(new URL(path, server), options, (answer) => {
      const { statusCode: status = 0, headers } = answer;
      let received = '';
      answer.on('data', (chunk) => (received += String(chunk)));
      answer.on('error', () => {});
      answer.once('close', () =>
        resolve({ status, retryAfter: headers['retry-after'], text: received, whole: answer.complete }),
      );
    });
    request.once('error', () => resolve(broken));
    request.end(method === 'GET' ? '' : '{"metadata":{"name":"a"}}');
  });
}
