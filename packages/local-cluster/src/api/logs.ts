import type { ServerResponse } from 'node:http';
import { request } from 'node:https';
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
  const containers = [...listAt(pod, 'spec', 'containers'), ...listAt(pod, 'spec', 'initContainers')].map(
    (c) => textAt(c, 'name'),
  );
  const mains = listAt(pod, 'spec', 'containers').map((c) => textAt(c, 'name'));
  const wanted = query.get('container');
  if (wanted && !containers.includes(wanted))
    throw badRequest(`container ${wanted} is not valid for pod ${name}`);
  const container = wanted ?? mains[0] ?? '';
  if (!wanted && mains.length > 1)
    throw badRequest(
      `a container name must be specified for pod ${name}, choose one of: [${mains.join(' ')}]`,
    );
  if (!textAt(pod, 'spec', 'nodeName')) throw badRequest(`pod ${name} does not have a host assigned`);
  const address = listAt(node, 'status', 'addresses').find((a) => valueAt(a, 'type') === 'InternalIP');
  const port = numberAt(node, 'status', 'daemonEndpoints', 'kubeletEndpoint', 'Port');
  if (!address || !port)
    throw new ApiError(
      500,
      'InternalError',
      `node ${textAt(pod, 'spec', 'nodeName')} tells no address and port for its logs`,
    );
  const url = new URL(
    `https://${textAt(address, 'address')}:${port}/containerLogs/${namespace}/${name}/${container}`,
  );
  for (const [key, value] of query) if (key !== 'container') url.searchParams.set(key, value);
  return url;
}

/** Streams a container's log from its node. The node's certificate is its own: nothing vouches for it here. */
export function proxyLogs(wanted: LogRequest, response: ServerResponse): Promise<void> {
  const url = logUrl(wanted);
  return new Promise((resolve, reject) => {
    const upstream = request(url, { rejectUnauthorized: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, {
        'content-type': answer.headers['content-type'] ?? 'text/plain',
      });
      response.flushHeaders();
      answer.pipe(response);
      answer.on('end', resolve);
      answer.on('error', () => response.destroy());
    });
    upstream.on('error', (error) => {
      if (response.headersSent) response.destroy();
      reject(new ApiError(500, 'InternalError', `Get "${url.href}": ${error.message}`));
    });
    response.on('close', () => {
      upstream.destroy();
      resolve();
    });
    upstream.end();
  });
}
