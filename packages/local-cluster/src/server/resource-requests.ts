import type { IncomingMessage, ServerResponse } from 'node:http';
import { deleteOptions, remove } from '../api/deletion.ts';
import { proxyLogs } from '../api/logs.ts';
import type { Objects, Target, WriteOptions } from '../api/objects.ts';
import { applyType, patcher } from '../api/patch.ts';
import { scaled, scaleOf } from '../api/scale.ts';
import { objectTest } from '../api/selectors.ts';
import { viewFor, type View } from '../api/view.ts';
import { watch } from '../api/watch.ts';
import { isFields, textAt, type Fields } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import type { ScalePaths } from '../resources/resource.ts';
import { ApiError, badRequest, invalid, methodNotAllowed, unknownPath } from '../status.ts';
import { parseJson, parseObject, readBody, type Body } from './body.ts';
import { sendJson } from './respond.ts';
import { verbOf, type ResourceRoute } from './route.ts';

export interface Exchange {
  readonly objects: Objects;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
}

/** Answers one request for objects. */
export async function answerResource(exchange: Exchange, route: ResourceRoute): Promise<void> {
  const { objects, request, response, query } = exchange;
  const { served, namespace, name = '', subresource } = route;
  const verb = verbOf(request.method ?? 'GET', route, query);
  const view = viewFor(served, request.headers.accept ?? '', query, objects.now);
  const target: Target = { served, namespace: namespace ?? '', name };
  if (subresource) return answerSubresource(exchange, target, subresource);
  switch (verb) {
    case 'get':
      return sendJson(response, 200, view.one(objects.get(target)));
    case 'list':
      return sendJson(response, 200, listOf(exchange, route, view));
    case 'watch':
      return watch(objects, { served, namespace, query, view }, response);
    case 'create': {
      const body = objectIn(await readBody(request));
      const created = objects.create(served, target.namespace, body, writeOptions(exchange));
      return sendJson(response, 201, view.one(created));
    }
    case 'update': {
      const body = objectIn(await readBody(request));
      objects.checkIdentity(target, body);
      if (served.resource.isCustom && !textAt(body, 'metadata', 'resourceVersion'))
        throw needsVersion(target);
      return sendJson(response, 200, view.one(objects.update(target, writeOptions(exchange), () => body)));
    }
    case 'patch':
      return patch(exchange, target, view);
    case 'delete': {
      const { object, isGone } = remove(objects, target, await optionsIn(exchange));
      return sendJson(
        response,
        200,
        isGone && served.resource.kind !== 'Pod' ? success(object, target) : view.one(object),
      );
    }
    case 'deletecollection': {
      const test = objectTest(query, served.resource);
      const options = await optionsIn(exchange);
      const found = [...objects.collection(served).list(namespace)].filter(test);
      for (const { metadata } of found)
        remove(objects, { served, namespace: metadata.namespace ?? '', name: metadata.name }, options);
      return sendJson(response, 200, view.list(found, String(objects.store.revision)));
    }
  }
}

async function answerSubresource(exchange: Exchange, target: Target, subresource: string): Promise<void> {
  const { objects, request, response, query } = exchange;
  const { version, resource } = target.served;
  const view = viewFor(target.served, request.headers.accept ?? '', query, objects.now);
  if (subresource === 'log' && resource.kind === 'Pod' && request.method === 'GET') {
    const pod = objects.get(target);
    const node = objects.store.collection('nodes').get('', textAt(pod, 'spec', 'nodeName'));
    return proxyLogs({ pod, node, query }, response);
  }
  if (subresource === 'scale' && version.scale) return scale(exchange, target, version.scale);
  if (subresource !== 'status' || !version.hasStatus) throw unknownPath();
  if (request.method === 'GET') return sendJson(response, 200, view.one(objects.get(target)));
  if (request.method === 'PATCH') return patch(exchange, target, view, 'status');
  if (request.method !== 'PUT') throw methodNotAllowed();
  const body = objectIn(await readBody(request));
  return sendJson(
    response,
    200,
    view.one(objects.update(target, writeOptions(exchange, 'status'), () => body)),
  );
}

async function patch(exchange: Exchange, target: Target, view: View, subresource = ''): Promise<void> {
  const { objects, request, response } = exchange;
  const options = writeOptions(exchange, subresource);
  const body = await readBody(request);
  if (body.contentType === applyType) {
    if (!exchange.query.get('fieldManager')) {
      const message = 'Required value: is required for apply patch';
      throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [
        { reason: 'FieldValueRequired', field: 'fieldManager', message },
      ]);
    }
    const { object, isNew } = objects.apply(target, objectIn(body), options);
    return sendJson(response, isNew ? 201 : 200, view.one(object));
  }
  const change = patcher(body.contentType, parseJson(body.text), target.served);
  sendJson(response, 200, view.one(objects.update(target, options, change)));
}

async function scale(
  { objects, request, response, query }: Exchange,
  target: Target,
  paths: ScalePaths,
): Promise<void> {
  if (request.method === 'GET') return sendJson(response, 200, scaleOf(objects.get(target), paths));
  if (request.method !== 'PATCH' && request.method !== 'PUT') throw methodNotAllowed();
  const body = await readBody(request);
  const options = writeOptions({ objects, request, response, query }, 'scale');
  const isPatch = request.method === 'PATCH';
  const change = isPatch
    ? patcher(body.contentType, parseJson(body.text), target.served)
    : () => objectIn(body);
  const object = objects.update(target, options, (live) => scaled(live, change(scaleOf(live, paths)), paths));
  sendJson(response, 200, scaleOf(object, paths));
}

function listOf({ objects, query }: Exchange, { served, namespace }: ResourceRoute, view: View): Fields {
  const test = objectTest(query, served.resource);
  const found = [...objects.collection(served).list(namespace)].filter(test);
  found.sort(
    (a, b) =>
      compareText(a.metadata.namespace ?? '', b.metadata.namespace ?? '') ||
      compareText(a.metadata.name, b.metadata.name),
  );
  return view.list(found, String(objects.store.revision));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function writeOptions({ request, response, query }: Exchange, subresource = ''): WriteOptions {
  const agent = (request.headers['user-agent'] ?? 'unknown').split('/')[0] ?? 'unknown';
  const fieldValidation = query.get('fieldValidation') ?? 'Warn';
  if (!['Strict', 'Warn', 'Ignore'].includes(fieldValidation))
    throw badRequest(
      `fieldValidation: Unsupported value: ${JSON.stringify(fieldValidation)}: supported values: "Ignore", "Strict", "Warn"`,
    );
  const warnings: string[] = [];
  return {
    manager: query.get('fieldManager') || agent,
    subresource,
    fieldValidation,
    dryRun: query.get('dryRun') === 'All',
    force: query.get('force') === 'true',
    warn: (text) => {
      warnings.push(`299 - ${JSON.stringify(text)}`);
      response.setHeader('warning', warnings);
    },
  };
}

function objectIn(body: Body): Fields {
  const value = parseObject(body);
  if (!isFields(value)) throw badRequest('the object provided is unrecognized: it is not an object');
  if ('metadata' in value && value['metadata'] !== null && !isFields(value['metadata']))
    throw badRequest('metadata must be an object');
  return value;
}

async function optionsIn({ request, query }: Exchange): Promise<ReturnType<typeof deleteOptions>> {
  const body = await readBody(request);
  return deleteOptions(body.text.trim() === '' ? {} : objectIn(body), query);
}

function success({ metadata }: KubeObject, { served, name }: Target): Fields {
  const { group, plural } = served.resource;
  const details = { name, ...(group ? { group } : {}), kind: plural, uid: metadata.uid };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}

function needsVersion({ served, name }: Target): ApiError {
  const { group, plural } = served.resource;
  const cause = {
    reason: 'FieldValueInvalid',
    field: 'metadata.resourceVersion',
    message: 'Invalid value: 0: must be specified for an update',
  };
  return invalid({ group, kind: plural }, name, [cause]);
}
