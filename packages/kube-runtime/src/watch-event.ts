import { isObject, isRecord, statusOf } from './decode.ts';
import { KubeApiError, MalformedResponseError } from './errors.ts';
import type { KubeObject } from './object.ts';

export type WatchEvent<Object extends KubeObject = KubeObject> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: Object }
  | {
      readonly type: 'BOOKMARK';
      readonly resourceVersion: string;
      /** The list part of a watch with sendInitialEvents is complete. */
      readonly initialEventsEnd: boolean;
    };

export function decodeWatchEvent(request: string, line: string): WatchEvent {
  const event = parse(request, line);
  const { type, object } = event;
  if (type === 'ERROR') throw new KubeApiError(statusOf(object, undefined, line), request);
  if (type === 'BOOKMARK') return bookmark(request, object);
  if (type !== 'ADDED' && type !== 'MODIFIED' && type !== 'DELETED') {
    throw new MalformedResponseError(request, `holds an event of type ${JSON.stringify(type)}`);
  }
  if (!isObject(object)) throw new MalformedResponseError(request, `holds a ${type} event without an object`);
  return { type, object };
}

function parse(request: string, line: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new MalformedResponseError(
      request,
      `holds an event that is not JSON: ${line.slice(0, 200)}`,
      cause,
    );
  }
  if (!isRecord(value)) throw new MalformedResponseError(request, `holds no event: ${line.slice(0, 200)}`);
  return value;
}

function bookmark(request: string, object: unknown): WatchEvent<never> {
  const metadata = isRecord(object) ? object['metadata'] : undefined;
  const resourceVersion = isRecord(metadata) ? metadata['resourceVersion'] : undefined;
  if (!isRecord(metadata) || typeof resourceVersion !== 'string') {
    throw new MalformedResponseError(request, 'holds a bookmark without a resource version');
  }
  const annotations = isRecord(metadata['annotations']) ? metadata['annotations'] : {};
  return {
    type: 'BOOKMARK',
    resourceVersion,
    initialEventsEnd: annotations['k8s.io/initial-events-end'] === 'true',
  };
}
