import type { IncomingMessage, ServerResponse } from 'node:http';
import { request } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { listAt, numberAt, textAt, valueAt } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import { ApiError, badRequest } from '../status.ts';

interface LogRequest {
  readonly pod: KubeObject;
  readonly node: KubeObject | undefined;
  readonly query: URLSearchParams;
}

/** Where the node serves a container's log. */
function logUrl({ pod, node, query }: LogRequest): URL {
  const { name, namespace = '' } = pod.metadata;
  const namesIn = (field: string): string[] => listAt(pod, 'spec', field).map((c) => textAt(c, 'name'));
  const mains = namesIn('containers');
  const container = query.get('container') ?? mains[0] ?? '';
  if (![...mains, ...namesIn('initContainers')].includes(container))
    throw badRequest(`container ${container} is not valid for pod ${name}`);
  if (!query.has('container') && mains.length > 1)
    throw badRequest(
      `a container name must be specified for pod ${name}, choose one of: [${mains.join(' ')}]`,
    );
  const nodeName = textAt(pod, 'spec', 'nodeName');
  if (!nodeName) throw badRequest(`pod ${name} does not have a host assigned`);
  const address = listAt(node, 'status', 'addresses').find((a) => valueAt(a, 'type') === 'InternalIP');
  const port = numberAt(node, 'status', 'daemonEndpoints', 'kubeletEndpoint', 'Port');
  if (!address || !port)
    throw new ApiError(500, 'InternalError', `node ${nodeName} tells no address and port for its logs`);
  const path = `/containerLogs/${namespace}/${name}/${container}`;
  const url = new URL(path, `https://${textAt(address, 'address')}:${port}`);
  for (const [key, value] of query) if (key !== 'container') url.searchParams.set(key, value);
  return url;
}

/** Streams a container's log from its node. The node's certificate is its own: nothing vouches for it here. */
export async function proxyLogs(wanted: LogRequest, response: ServerResponse): Promise<void> {
  const url = logUrl(wanted);
  const left = new AbortController();
  response.on('close', () => left.abort());
  const upstream = request(url, { rejectUnauthorized: false, signal: left.signal }).end();
  const failure = (error: Error): Error =>
    new ApiError(500, 'InternalError', `Get "${url.href}": ${error.message}`);
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    upstream.on('response', resolve);
    upstream.on('error', (error) => reject(failure(error)));
  });
  const contentType = answer.headers['content-type'] ?? 'text/plain';
  response.writeHead(answer.statusCode ?? 502, { 'content-type': contentType }).flushHeaders();
  await pipeline(answer, response).catch(() => response.destroy());
}
