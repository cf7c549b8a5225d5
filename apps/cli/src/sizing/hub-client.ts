import { CommandError } from '../command-error.ts';
import type { ModelDescription, ModelSourceReader } from './model-source.ts';

export interface HubOptions {
  /** Without a slash at its end. */
  readonly endpoint: string;
  readonly repository: string;
  readonly revision: string;
  readonly token?: string | undefined;
  readonly signal: AbortSignal;
  readonly fetch: typeof fetch;
  readonly wait: (milliseconds: number) => Promise<void>;
}

const attempts = 4;
const longestWait = 30_000;

/** Reads one repository of a hub over its HTTP interface. A CommandError says what stands in the way and what helps. */
export function hubReader(options: HubOptions): ModelSourceReader {
  let commit = options.revision;
  const fileUrl = (path: string): string =>
    `${options.endpoint}/${options.repository}/resolve/${encodeURIComponent(commit)}/${path.split('/').map(encodeURIComponent).join('/')}`;
  return {
    describe: async () => {
      const url = `${options.endpoint}/api/models/${options.repository}/revision/${encodeURIComponent(options.revision)}?blobs=true`;
      const response = await request(options, url);
      if (response === undefined) throw notFound(options);
      const description = descriptionOf(await response.json());
      commit = description.revision ?? commit;
      return description;
    },
    text: async (path) => (await request(options, fileUrl(path)))?.text(),
    range: async (path, from, to) => {
      const response = await request(options, fileUrl(path), { Range: `bytes=${from}-${to}` });
      if (response === undefined) throw notFound(options, path);
      return rangeOf(response, from, to);
    },
  };
}

/** A server that ignores Range sends the whole file; only the wanted part is read. */
async function rangeOf(response: Response, from: number, to: number): Promise<Uint8Array> {
  if (response.status === 206) return new Uint8Array(await response.arrayBuffer());
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > to) break;
  }
  return Buffer.concat(chunks).subarray(from, to + 1);
}

/** Undefined for 404; waits and tries again for 429, 5xx and broken connections. */
async function request(
  options: HubOptions,
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response | undefined> {
  const { token, signal, wait } = options;
  let last = 'no answer';
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    let delay = 500 * 2 ** (attempt - 1);
    try {
      const response = await options.fetch(url, {
        headers: {
          ...headers,
          'User-Agent': 'kaito-ts',
          ...(token !== undefined && { Authorization: `Bearer ${token}` }),
        },
        signal,
      });
      if (response.ok) return response;
      await response.body?.cancel();
      if (response.status === 404) return undefined;
      if (response.status === 401 || response.status === 403) throw refused(options, response.status);
      last = `status ${response.status}`;
      if (response.status !== 429 && response.status < 500) throw unavailable(options, last);
      delay = retryAfter(response) ?? delay;
    } catch (error) {
      if (error instanceof CommandError || signal.aborted) throw error;
      last = error instanceof Error ? error.message : String(error);
    }
    if (attempt < attempts) await wait(Math.min(longestWait, delay));
  }
  throw unavailable(options, last);
}

function retryAfter(response: Response): number | undefined {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}

function refused({ repository, token }: HubOptions, status: number): CommandError {
  return new CommandError({
    code: status === 401 ? 'HUB_UNAUTHORIZED' : 'HUB_FORBIDDEN',
    message: `the hub refuses ${repository} with status ${status}`,
    next:
      token === undefined
        ? 'set HF_TOKEN to a token of an account that may read it'
        : 'accept the model’s conditions with the account of the token, or use another token',
  });
}

function notFound({ repository, revision }: HubOptions, path?: string): CommandError {
  return new CommandError({
    code: 'HUB_NOT_FOUND',
    message:
      path === undefined ? `the hub has no ${repository} at ${revision}` : `${repository} has no ${path}`,
    next: 'check the name and --revision; a private model needs HF_TOKEN',
  });
}

function unavailable({ endpoint }: HubOptions, why: string): CommandError {
  return new CommandError({
    code: 'HUB_UNAVAILABLE',
    message: `${endpoint} did not answer after ${attempts} attempts: ${why}`,
    next: 'try again later, or set HF_ENDPOINT to another hub',
  });
}

function descriptionOf(answer: unknown): ModelDescription {
  const { sha, siblings, gated, cardData, tags } = (answer ?? {}) as {
    sha?: unknown;
    siblings?: unknown;
    gated?: unknown;
    cardData?: { license?: unknown };
    tags?: unknown;
  };
  const license = cardData?.license ?? licenseTag(tags);
  return {
    ...(typeof sha === 'string' && /^[0-9a-f]{40}$/.test(sha) && { revision: sha }),
    files: Array.isArray(siblings) ? siblings.flatMap(fileOf) : [],
    ...(typeof license === 'string' && { license }),
    ...(gated !== undefined && { gated: gated !== false }),
  };
}

function licenseTag(tags: unknown): string | undefined {
  const tag = Array.isArray(tags)
    ? tags.find((own) => typeof own === 'string' && own.startsWith('license:'))
    : undefined;
  return typeof tag === 'string' ? tag.slice('license:'.length) : undefined;
}

function fileOf(sibling: unknown): readonly { path: string; size: number; sha256?: string }[] {
  const { rfilename, size, lfs } = (sibling ?? {}) as {
    rfilename?: unknown;
    size?: unknown;
    lfs?: { sha256?: unknown; size?: unknown };
  };
  if (typeof rfilename !== 'string') return [];
  const bytes = typeof size === 'number' ? size : typeof lfs?.size === 'number' ? lfs.size : 0;
  return [{ path: rfilename, size: bytes, ...(typeof lfs?.sha256 === 'string' && { sha256: lfs.sha256 }) }];
}
