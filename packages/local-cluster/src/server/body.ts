import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { applyType } from '../api/patch.ts';
import { isFields, type Fields } from '../json.ts';
import type { Schema } from '../schema/schema.ts';
import { ApiError, badRequest, unsupportedMediaType } from '../status.ts';
import { decodeObject, isDecodable, protobufType } from './protobuf.ts';

const longestBodyBytes = 3 * 1024 * 1024;

export interface Body {
  readonly contentType: string;
  readonly bytes: Buffer;
}

export async function readBody(request: IncomingMessage): Promise<Body> {
  const given = request.headers['content-type'] ?? 'application/json';
  const contentType = given.split(';')[0]?.trim().toLowerCase() ?? '';
  const bytes = await buffer(request);
  if (bytes.length <= longestBodyBytes) return { contentType, bytes };
  const message = `Request entity too large: limit is ${longestBodyBytes}`;
  throw new ApiError(413, 'RequestEntityTooLarge', message);
}

/** An object, of a built-in kind in protobuf, too; the YAML of an apply patch is always sent as JSON. */
export function parseObject(body: Body, schema?: Schema): Fields {
  if (body.contentType === protobufType && isDecodable(schema?.$ref))
    return decodeObject(body.bytes, schema.$ref);
  if (!['application/json', '*/*', applyType].includes(body.contentType))
    throw unsupportedMediaType(['application/json']);
  const value = parseJson(body);
  if (!isFields(value)) throw badRequest('the object provided is unrecognized: it is not an object');
  if (!isFields(value['metadata'] ?? {})) throw badRequest('metadata must be an object');
  return value;
}

export function parseJson({ bytes }: Body): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${String(error)}`);
  }
}
