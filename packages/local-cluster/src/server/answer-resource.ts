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
import { badRequest, invalid, methodNotAllowed, unknownPath } from '../status.ts';
import { parseJson, parseObject, readBody, type Body } from './body.ts';
import { sendJson } from './respond.ts';
import { verbOf, type ResourceRoute } from './route.ts';

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

/** Answers one request for objects. */
export async function answerResource(exchange: Exchange, route: ResourceRoute): Promise<void> {
  const { objects, request, query } = exchange;
  const { served, namespace = '', name = '', subresource } = route;
  const view = viewFor(served, request.headers.accept ?? '', query, objects.now);
  const asked: Asked = { ...exchange, route, target: { served, namespace, name }, view };
  const verb = verbOf(request.method ?? '', route, query);
  if (!subresource) return verbs[verb](asked);
  const answer = name ? subresources[subresource]?.[verb] : undefined;
  if (!answer) throw subresources[subresource] ? methodNotAllowed() : unknownPath();
  return answer(asked);
}

type Answer = (asked: Asked) => void | Promise<void>;

const verbs: Readonly<Record<ReturnType<typeof verbOf>, Answer>> = {
  get: ({ response, view, objects, target }) => sendJson(response, 200, view.one(objects.get(target))),
  list: (asked) => {
    const { response, view, objects } = asked;
    const found = selected(asked).sort((a, b) => compareText(sortKey(a), sortKey(b)));
    sendJson(response, 200, view.list(found, String(objects.store.revision)));
  },
  watch: ({ objects, route, query, view, response }) =>
    watch(objects, { served: route.served, namespace: route.namespace, query, view }, response),
  create: async (asked) => {
    const { objects, request, response, target, view } = asked;
    const body = parseObject(await readBody(request));
    const created = objects.create(target.served, target.namespace, body, writeOptions(asked));
    sendJson(response, 201, view.one(created));
  },
  update: async (asked) => {
    const { objects, request, response, target, view } = asked;
    const body = parseObject(await readBody(request));
    checkIdentity(target, body);
    if (target.served.resource.isCustom && !textAt(body, 'metadata', 'resourceVersion'))
      throw needsVersion(target);
    const updated = objects.update(target, writeOptions(asked), () => body);
    sendJson(response, 200, view.one(updated));
  },
  patch: async (asked) => {
    const { objects, request, response, target, view } = asked;
    const body = await readBody(request);
    if (body.contentType === applyType) return apply(asked, body);
    const change = patcher(body.contentType, parseJson(body.text), target.served);
    sendJson(response, 200, view.one(objects.update(target, writeOptions(asked), change)));
  },
  delete: async (asked) => {
    const { objects, response, target, view } = asked;
    const { object, isGone } = remove(objects, target, await deleteBody(asked));
    const isSuccess = isGone && target.served.resource.kind !== 'Pod';
    sendJson(response, 200, isSuccess ? success(object, target) : view.one(object));
  },
  deletecollection: async (asked) => {
    const { objects, response, target, view } = asked;
    const options = await deleteBody(asked);
    const found = selected(asked);
    for (const { metadata } of found)
      remove(objects, { ...target, namespace: metadata.namespace ?? '', name: metadata.name }, options);
    sendJson(response, 200, view.list(found, String(objects.store.revision)));
  },
};

const ifStatus =
  (answer: Answer): Answer =>
  (asked) => {
    if (!asked.route.served.version.hasStatus) throw unknownPath();
    return answer(asked);
  };

const subresources: Readonly<Record<string, Readonly<Record<string, Answer>>>> = {
  status: {
    get: ifStatus(verbs.get),
    update: ifStatus(verbs.update),
    patch: ifStatus(verbs.patch),
  },
  scale: {
    get: (asked) => sendJson(asked.response, 200, scaleOf(asked.objects.get(asked.target), pathsOf(asked))),
    update: scale,
    patch: scale,
  },
  log: {
    get: ({ objects, query, response, target }) => {
      if (target.served.resource.kind !== 'Pod') throw unknownPath();
      const pod = objects.get(target);
      const node = objects.store.collection('nodes').get('', textAt(pod, 'spec', 'nodeName'));
      return proxyLogs({ pod, node, query }, response);
    },
  },
};

function apply(asked: Asked, body: Body): void {
  const { objects, response, target, view, query } = asked;
  if (!query.get('fieldManager')) {
    const message = 'Required value: is required for apply patch';
    throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [
      { reason: 'FieldValueRequired', field: 'fieldManager', message },
    ]);
  }
  const { object, isNew } = objects.apply(target, parseObject(body), writeOptions(asked));
  sendJson(response, isNew ? 201 : 200, view.one(object));
}

function pathsOf({ route }: Asked): NonNullable<ResourceRoute['served']['version']['scale']> {
  const { scale: paths } = route.served.version;
  if (!paths) throw unknownPath();
  return paths;
}

async function scale(asked: Asked): Promise<void> {
  const { objects, request, response, target } = asked;
  const paths = pathsOf(asked);
  const body = await readBody(request);
  const isPatch = request.method === 'PATCH';
  const change = isPatch
    ? patcher(body.contentType, parseJson(body.text), target.served)
    : () => parseObject(body);
  const object = objects.update(target, writeOptions(asked), (live) =>
    scaled(live, change(scaleOf(live, paths)), paths),
  );
  sendJson(response, 200, scaleOf(object, paths));
}

function selected({ objects, route, query }: Asked): KubeObject[] {
  const test = objectTest(query, route.served.resource);
  return [...objects.collection(route.served).list(route.namespace)].filter(test);
}

function sortKey({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function writeOptions({ request, response, query, route }: Asked): WriteOptions {
  const agent = (request.headers['user-agent'] ?? 'unknown').split('/')[0] ?? 'unknown';
  const fieldValidation = query.get('fieldValidation') ?? 'Warn';
  if (!['Strict', 'Warn', 'Ignore'].includes(fieldValidation))
    throw badRequest(`fieldValidation: Unsupported value: ${JSON.stringify(fieldValidation)}`);
  const warnings: string[] = [];
  return {
    manager: query.get('fieldManager') || agent,
    subresource: route.subresource,
    fieldValidation,
    dryRun: query.get('dryRun') === 'All',
    force: query.get('force') === 'true',
    warn: (text) => {
      warnings.push(`299 - ${JSON.stringify(text)}`);
      response.setHeader('warning', warnings);
    },
  };
}

async function deleteBody({ request, query }: Asked): Promise<ReturnType<typeof deleteOptions>> {
  const body = await readBody(request);
  return deleteOptions(body.text.trim() === '' ? {} : parseObject(body), query);
}

function success({ metadata }: KubeObject, { served, name }: Target): Fields {
  const { group, plural } = served.resource;
  const details = { name, ...(group ? { group } : {}), kind: plural, uid: metadata.uid };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}

function needsVersion({ served, name }: Target): Error {
  const message = 'Invalid value: 0: must be specified for an update';
  return invalid(served.resource, name, [
    { reason: 'FieldValueInvalid', field: 'metadata.resourceVersion', message },
  ]);
}
