import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, createServer, request as call } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadKubeconfig } from '@kaito-ts/kube-runtime';
import { createCertificate } from './certificate.ts';
import { proxyKubeconfig } from './kubeconfig.ts';

/** A server of our own in front of an API server. */
export interface Front extends AsyncDisposable {
  /** Leads to it; removed again at the end. */
  readonly kubeconfigPath: string;
  readonly url: string;
}

/**
 * Begins the caller's call at the API server; its body is still to be sent. The caller's token goes through; a client
 * certificate is ours to show.
 */
export type Forward = (
  request: IncomingMessage,
  onAnswer: (answer: IncomingMessage) => void,
) => ClientRequest;

export type Handle = (request: IncomingMessage, response: ServerResponse, forward: Forward) => void;

/** Listens on loopback until it is disposed of; `kubeconfigPath` is the real cluster's. */
export async function startFront(kubeconfigPath: string, handle: Handle): Promise<Front> {
  await using started = new AsyncDisposableStack();
  const access = await loadKubeconfig({ path: kubeconfigPath, env: {} });
  const { tls } = await access.credentials();
  const agent = new Agent({ ...tls, keepAlive: true, rejectUnauthorized: !access.skipTlsVerify });
  started.defer(() => agent.destroy());
  const forward: Forward = ({ url = '/', method, headers }, onAnswer) => {
    const { host } = new URL(access.server);
    return call(new URL(url, access.server), { agent, method, headers: { ...headers, host } }, onAnswer);
  };

  const { certificate, key } = await createCertificate(Date.now());
  const server = createServer({ cert: certificate, key }, (request, response) =>
    handle(request, response, forward),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  started.defer(async () => {
    const closed = once(server.close(), 'close');
    server.closeAllConnections();
    await closed;
  });
  const address = server.address();
  const url = `https://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const directory = await mkdtemp(join(tmpdir(), 'kaito-chaos-proxy-'));
  started.defer(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, 'kubeconfig');
  await writeFile(path, await proxyKubeconfig(url, certificate, access), { mode: 0o600 });
  const all = started.move();
  return { kubeconfigPath: path, url, [Symbol.asyncDispose]: () => all.disposeAsync() };
}
