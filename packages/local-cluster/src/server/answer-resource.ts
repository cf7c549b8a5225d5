import type { IncomingMessage, ServerResponse } from 'node:http';
import { checkIdentity } from '../api/checks.ts';
import { deleteOptions, remove } from '../api/deletion.ts';
import { proxyLogs } from '../api/logs.ts';
import type { Objects, Target, WriteOptions } from '../api/objects.ts';
import { applyType, patcher } from '../api/patch.ts';
import { scaled, scaleOf } from '../api/scale.ts';
import { objectTest } from '../api/selectors.ts';
import { viewFor, type View } from '../api/view.ts';
import { watch } from '../api/watch.ts';
import { textAt, type Fields } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import { deleteOptionsSchema } from '../schema/schema.ts';
import { badRequest, cause, invalid, methodNotAllowed, unknownPath } from '../status.ts';
import { parseJson, parseObject, readBody, type Body } from './body.ts';
import { sendJson } from './respond.ts';
import { verbOf, type ResourceRoute, type Verb } from './route.ts';

export interface Exchange {
  readonly objects: Objects;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
}

/** One request for objects, with what it is about. */
interface Asked extends Exchange {
  readonly route: ResourceRoute;
  readonly target: Target;
  readonly view: View;
}

/** What to send; nothing when the answer is streamed. */
type Reply = readonly [code: number, body: Fields] | void;
type Answer = (asked: Asked) => Reply | Promise<Reply>;

/** Answers one request for objects. */
export async function answerResource(exchange: Exchange, route: ResourceRoute): Promise<void> {
  const { objects, request, response, query } = exchange;
  const { served, namespace = '', name = '', subresource } = route;
  const view = viewFor(served, request.headers.accept ?? '', query, objects.now);
  const verb = verbOf(request.method ?? '', route, query);
  if (subresource && !(name && served.subresources.includes(subresource))) throw unknownPath();
  const answer = (subresource ? subresources[subresource] : verbs)?.[verb];
  if (!answer) throw methodNotAllowed();
  const reply = await answer({ ...exchange, route, target: { served, namespace, name }, view });
  if (reply) sendJson(response, ...reply);
}

const verbs: Readonly<Record<Verb, Answer>> = {
  get: ({ view, objects, target }) => [200, view.one(objects.get(target))],
  list: ({ objects: { store }, route, query, view }) => {
    const found = store.list(route.served.key, route.namespace).filter(objectTest(query, route.served));
    const sorted = found.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
    return [200, view.list(sorted, String(store.revision))];
  },
  watch: ({ objects, route, query, view, response }) =>
    watch(objects, { served: route.served, namespace: route.namespace, query, view }, response),
  create: async (asked) => {
    const { objects, request, target, view } = asked;
    const body = parseObject(await readBody(request), target.served.schema);
    return [201, view.one(objects.create(target, body, writeOptions(asked)))];
  },
  update: async (asked) => {
    const { objects, request, target, view } = asked;
    const body = parseObject(await readBody(request), target.served.schema);
    checkIdentity(target, body);
    const missing = cause('Invalid', 'metadata.resourceVersion', '0: must be specified for an update');
    if (target.served.isCustom && !textAt(body, 'metadata', 'resourceVersion'))
      throw invalid(target.served, target.name, [missing]);
    return [200, view.one(objects.update(target, writeOptions(asked), () => body))];
  },
  patch: async (asked) => {
    const { objects, request, target, view } = asked;
    const body = await readBody(request);
    if (body.contentType === applyType) return apply(asked, body);
    const change = patcher(body.contentType, parseJson(body), target.served);
    return [200, view.one(objects.update(target, writeOptions(asked), change))];
  },
  delete: async ({ objects, request, query, target, view }) => {
    const body = await readBody(request);
    const given = body.bytes.length === 0 ? {} : parseObject(body, deleteOptionsSchema);
    const options = deleteOptions(given, query);
    const { object, isGone } = remove(objects, target, options);
    const isSuccess = isGone && target.served.kind !== 'Pod';
    return [200, isSuccess ? success(object, target) : view.one(object)];
  },
};

const subresources: Readonly<Record<string, Readonly<Partial<Record<Verb, Answer>>>>> = {
  status: { get: verbs.get, update: verbs.update, patch: verbs.patch },
  scale: {
    get: ({ objects, target }) => [200, scaleOf(objects.get(target), target.served)],
    update: scale,
    patch: scale,
  },
  log: {
    get: ({ objects, query, response, target }) => {
      const pod = objects.get(target);
      const node = objects.store.get('nodes', '', textAt(pod, 'spec', 'nodeName'));
      return proxyLogs({ pod, node, query }, response);
    },
  },
};

function apply(asked: Asked, body: Body): Reply {
  const { objects, target, view, query } = asked;
  const missing = cause('Required', 'fieldManager', 'is required for apply patch');
  if (!query.get('fieldManager'))
    throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [missing]);
  const { object, isNew } = objects.apply(target, parseObject(body), writeOptions(asked));
  return [isNew ? 201 : 200, view.one(object)];
}

async function scale(asked: Asked): Promise<Reply> {
  const { objects, request, target } = asked;
  const body = await readBody(request);
  const isPatch = request.method === 'PATCH';
  const change = isPatch
    ? patcher(body.contentType, parseJson(body), target.served)
    : () => parseObject(body);
  const object = objects.update(target, writeOptions(asked), (live) =>
    scaled(live, change(scaleOf(live, target.served)), target.served),
  );
  return [200, scaleOf(object, target.served)];
}

function sortKey({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function writeOptions({ request, response, query, route }: Asked): WriteOptions {
  const agent = (request.headers['user-agent'] ?? 'unknown').split('/')[0] ?? 'unknown';
  const fieldValidation = query.get('fieldValidation') ?? 'Warn';
  if (!['Strict', 'Warn', 'Ignore'].includes(fieldValidation))
    throw badRequest(`fieldValidation: Unsupported value: ${JSON.stringify(fieldValidation)}`);
  return {
    manager: query.get('fieldManager') || agent,
    subresource: route.subresource,
    fieldValidation,
    dryRun: query.get('dryRun') === 'All',
    force: query.get('force') === 'true',
    warn: (text) => void response.appendHeader('warning', `299 - ${JSON.stringify(text)}`),
  };
}

function success({ metadata }: KubeObject, { served, name }: Target): Fields {
  const { group, plural } = served;
  const details = { name, ...(group && { group }), kind: plural, uid: metadata.uid };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}
