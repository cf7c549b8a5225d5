import type { IncomingMessage } from 'node:http';
import { CORE_SCHEMA, load } from 'js-yaml';
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
export function parseObject({ contentType, text }: Body): unknown {
  if (contentType === 'application/json' || contentType === '*/*') return parseJson(text);
  if (contentType === 'application/yaml' || contentType.endsWith('+yaml')) return parseYaml(text);
  if (contentType === 'application/vnd.kubernetes.protobuf')
    throw new ApiError(415, 'UnsupportedMediaType', noProtobuf);
  throw unsupportedMediaType(['application/json', 'application/yaml']);
}

export function parseJson(text: string): unknown {
  try {
    return text.includes('"__proto__"')
      ? (JSON.parse(text, withoutPrototype) as unknown)
      : (JSON.parse(text) as unknown);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw badRequest(
      `the object provided is unrecognized: couldn't get version/kind; json parse error: ${problem}`,
    );
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
    const problem = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw badRequest(`error decoding YAML: ${problem}`);
  }
}
