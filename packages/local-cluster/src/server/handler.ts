import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { discovery, discoveryType } from '../api/discovery.ts';
import type { Objects } from '../api/objects.ts';
import { openApiDocument, openApiIndex } from '../api/openapi.ts';
import { ApiError } from '../status.ts';
import { answerResource } from './answer-resource.ts';
import { sendError, sendJson, sendText } from './respond.ts';
import { routeOf } from './route.ts';

interface HandlerOptions {
  readonly objects: Objects;
  readonly token: string;
  readonly report: (error: unknown) => void;
}

const kubernetesVersion = { major: '1', minor: '34', gitVersion: 'v1.34.3+kaito-local-cluster' };

export function createHandler(options: HandlerOptions): RequestListener {
  return (request, response) => {
    response.on('error', () => response.destroy());
    answer(options, request, response).catch((error: unknown) => sendError(response, error, options.report));
  };
}

async function answer(
  { objects, token }: HandlerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'https://local-cluster');
  const path = url.pathname.replace(/(.)\/$/, '$1');
  if (['/healthz', '/livez', '/readyz'].includes(path)) return sendText(response, 200, 'ok');
  if (!isAuthorized(request, token)) throw new ApiError(401, 'Unauthorized', 'Unauthorized');
  if (path === '/version') return sendJson(response, 200, kubernetesVersion);
  const { registry } = objects;
  if (path === '/openapi/v3') return sendJson(response, 200, openApiIndex(registry));
  const [, groupVersion] = /^\/openapi\/v3\/(.+)$/.exec(path) ?? [];
  if (groupVersion) return sendJson(response, 200, openApiDocument(registry, groupVersion));
  if (path === '/api' || path === '/apis') {
    const groups = discovery(registry, path.slice(1) as 'api' | 'apis', request.headers.accept ?? '');
    response.setHeader('vary', 'Accept');
    return sendJson(response, 200, groups, discoveryType);
  }
  const route = routeOf(path, registry);
  return answerResource({ objects, request, response, query: url.searchParams }, route);
}

function isAuthorized(request: IncomingMessage, token: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
