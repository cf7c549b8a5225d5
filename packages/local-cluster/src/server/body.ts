import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { applyType } from '../api/patch.ts';
import { isFields, type Fields } from '../json.ts';
import { ApiError, badRequest, unsupportedMediaType } from '../status.ts';

const longestBodyBytes = 3 * 1024 * 1024;

export interface Body {
  readonly contentType: string;
  readonly text: string;
}

export async function readBody(request: IncomingMessage): Promise<Body> {
  const given = request.headers['content-type'] ?? 'application/json';
  const body = { contentType: given.split(';')[0]?.trim().toLowerCase() ?? '', text: await text(request) };
  if (body.text.length <= longestBodyBytes) return body;
  const message = `Request entity too large: limit is ${longestBodyBytes}`;
  throw new ApiError(413, 'RequestEntityTooLarge', message);
}

/** An object; the YAML of an apply patch is always sent as JSON. */
export function parseObject({ contentType, text: body }: Body): Fields {
  if (contentType === 'application/vnd.kubernetes.protobuf')
    throw new ApiError(
      415,
      'UnsupportedMediaType',
      'local-cluster speaks JSON and no protobuf: add `--dry-run=client -o yaml` and pipe it to `kubectl apply -f -`',
    );
  if (!['application/json', '*/*', applyType].includes(contentType))
    throw unsupportedMediaType(['application/json']);
  const value = parseJson(body);
  if (!isFields(value)) throw badRequest('the object provided is unrecognized: it is not an object');
  if (!isFields(value['metadata'] ?? {})) throw badRequest('metadata must be an object');
  return value;
}

export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${String(error)}`);
  }
}
