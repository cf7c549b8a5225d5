import type { IncomingMessage } from 'node:http';
import { CORE_SCHEMA, load } from 'js-yaml';
import { isFields, type Fields } from '../json.ts';
import { ApiError, badRequest, unsupportedMediaType } from '../status.ts';

const longestBodyBytes = 3 * 1024 * 1024;

export interface Body {
  readonly contentType: string;
  readonly text: string;
}

export async function readBody(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= longestBodyBytes) chunks.push(chunk);
  }
  if (size > longestBodyBytes)
    throw new ApiError(
      413,
      'RequestEntityTooLarge',
      `Request entity too large: limit is ${longestBodyBytes}`,
    );
  const contentType =
    (request.headers['content-type'] ?? 'application/json').split(';')[0]?.trim().toLowerCase() ?? '';
  return { contentType, text: Buffer.concat(chunks).toString('utf8') };
}

const noProtobuf =
  'local-cluster speaks JSON and YAML, no protobuf: add `--dry-run=client -o yaml` and pipe it to `kubectl apply -f -`';

/** An object as JSON or YAML. */
export function parseObject({ contentType, text }: Body): Fields {
  if (contentType === 'application/vnd.kubernetes.protobuf')
    throw new ApiError(415, 'UnsupportedMediaType', noProtobuf);
  const isYaml = contentType === 'application/yaml' || contentType.endsWith('+yaml');
  if (!isYaml && contentType !== 'application/json' && contentType !== '*/*')
    throw unsupportedMediaType(['application/json', 'application/yaml']);
  const value = isYaml ? parseYaml(text) : parseJson(text);
  if (!isFields(value)) throw badRequest('the object provided is unrecognized: it is not an object');
  if (!isFields(value['metadata'] ?? {})) throw badRequest('metadata must be an object');
  return value;
}

export function parseJson(text: string): unknown {
  try {
    const isPlain = !text.includes('"__proto__"');
    return JSON.parse(text, isPlain ? undefined : withoutPrototype) as unknown;
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${String(error)}`);
  }
}

/** A key of this name would set a prototype wherever it is copied. */
function withoutPrototype(this: unknown, key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value;
}

function parseYaml(text: string): unknown {
  try {
    return load(text, { schema: CORE_SCHEMA });
  } catch (error) {
    throw badRequest(`error decoding YAML: ${String(error).split('\n')[0]}`);
  }
}
