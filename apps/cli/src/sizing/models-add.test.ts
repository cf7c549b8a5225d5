import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { parseModelRecord } from '@kaito-ts/preset-catalog';
import { hubReader } from './hub-client.ts';
import { directoryReader } from './model-source.ts';
import { recordOfModel } from './record-of-model.ts';

const commit = 'a'.repeat(40);
const wish = { repository: 'acme/tiny', source: { kind: 'huggingface', repository: 'acme/tiny' } } as const;

const config = `{
  "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 64, "intermediate_size": 128,
  "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 100, "max_position_embeddings": 512,
  "torch_dtype": "bfloat16", "time_step_limit": [0.0, Infinity]
}`;

/** A safetensors file with bytes behind its header that must never be asked for. */
function safetensors(names: readonly string[]): Buffer {
  const tensors = names.map((name, index) => [
    name,
    { dtype: 'BF16', shape: [64, 64], data_offsets: [index * 8192, (index + 1) * 8192] },
  ]);
  const header = Buffer.from(
    JSON.stringify(Object.fromEntries([['__metadata__', { format: 'pt' }], ...tensors])),
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, Buffer.alloc(names.length * 8192)]);
}

const files: Readonly<Record<string, Buffer>> = {
  'config.json': Buffer.from(config),
  'model.safetensors.index.json': Buffer.from(
    JSON.stringify({
      metadata: { total_size: 32_768 },
      weight_map: { 'model.layers.0.w': 'one.safetensors', 'model.layers.1.w': 'two.safetensors' },
    }),
  ),
  'one.safetensors': safetensors(['model.layers.0.w', 'model.embed']),
  'two.safetensors': safetensors(['model.layers.1.w']),
};

interface Hub {
  readonly endpoint: string;
  readonly requests: { readonly url: string; readonly range: string | undefined }[];
}

let close = (): void => undefined;
afterEach(() => close());

type Answer = (request: IncomingMessage, response: ServerResponse, count: number) => boolean;

async function hub(first: Answer = () => false): Promise<Hub> {
  const requests: { url: string; range: string | undefined }[] = [];
  const server = createServer((request, response) => {
    requests.push({ url: request.url ?? '', range: request.headers.range });
    if (first(request, response, requests.length)) return;
    serve(request, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

function serve({ url = '', headers }: IncomingMessage, response: ServerResponse): void {
  if (url.startsWith('/api/models/acme/tiny/revision/')) {
    const siblings = Object.entries(files).map(([rfilename, bytes]) => ({
      rfilename,
      size: bytes.length,
      lfs: rfilename.endsWith('.safetensors') ? { sha256: 'b'.repeat(64), size: bytes.length } : undefined,
    }));
    response.end(JSON.stringify({ sha: commit, siblings, gated: 'manual', cardData: { license: 'mit' } }));
    return;
  }
  const bytes = files[url.replace(`/acme/tiny/resolve/${commit}/`, '')];
  if (bytes === undefined) {
    response.writeHead(404).end();
    return;
  }
  const range = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '');
  if (range === null) {
    response.end(bytes);
    return;
  }
  const part = bytes.subarray(Number(range[1]), Number(range[2]) + 1);
  response.writeHead(206, { 'content-range': `bytes ${range[1]}-${range[2]}/${bytes.length}` }).end(part);
}

function read(endpoint: string, waits: number[] = []): ReturnType<typeof recordOfModel> {
  const reader = hubReader({
    endpoint,
    repository: 'acme/tiny',
    revision: 'main',
    signal: AbortSignal.timeout(10_000),
    fetch,
    wait: async (milliseconds) => {
      waits.push(milliseconds);
    },
  });
  return recordOfModel(reader, wish);
}

describe('a record from a hub', () => {
  test('pins the commit, sums the headers and keeps the lock of the files', async () => {
    const { endpoint, requests } = await hub();
    const record = await read(endpoint);
    expect(record).toMatchObject({
      source: { kind: 'huggingface', repository: 'acme/tiny', revision: commit },
      license: 'mit',
      gated: true,
      facts: {
        storedWeightBytes: 3 * 8192,
        config: { hidden_size: 64, time_step_limit: [0, null] },
        tensors: [
          { pattern: 'model.layers.{layer}.w', count: 2 },
          { pattern: 'model.embed', count: 1 },
        ],
      },
    });
    expect(record.files?.find(({ path }) => path === 'one.safetensors')).toMatchObject({
      sha256: 'b'.repeat(64),
    });
    const weights = requests.filter(({ url }) => url.endsWith('.safetensors'));
    expect(weights.every(({ range }) => range !== undefined)).toBe(true);
  });

  test('is a record file that the operator reads', async () => {
    const { endpoint } = await hub();
    const record = await read(endpoint);
    expect(parseModelRecord(JSON.stringify(record), 'tiny.yaml')).toMatchObject({ ok: true });
  });

  test.each([
    [401, 'HUB_UNAUTHORIZED'],
    [403, 'HUB_FORBIDDEN'],
    [404, 'HUB_NOT_FOUND'],
    [400, 'HUB_UNAVAILABLE'],
    [503, 'HUB_UNAVAILABLE'],
  ])('status %i is %s', async (status, code) => {
    const { endpoint } = await hub((_, response) => {
      response.writeHead(status).end();
      return true;
    });
    await expect(read(endpoint)).rejects.toMatchObject({ code });
  });

  test('429 and 5xx are waited out, as long as the server says', async () => {
    const { endpoint } = await hub((_, response, count) => {
      if (count > 2) return false;
      response.writeHead(count === 1 ? 429 : 502, count === 1 ? { 'retry-after': '7' } : {}).end();
      return true;
    });
    const waits: number[] = [];
    await expect(read(endpoint, waits)).resolves.toMatchObject({ name: 'acme/tiny' });
    expect(waits).toEqual([7000, 1000]);
  });

  test('a server that ignores Range is read no further than needed', async () => {
    const { endpoint } = await hub(({ url = '' }, response) => {
      const bytes = files[url.replace(`/acme/tiny/resolve/${commit}/`, '')];
      if (bytes === undefined || !url.endsWith('.safetensors')) return false;
      response.end(bytes);
      return true;
    });
    await expect(read(endpoint)).resolves.toMatchObject({ facts: { storedWeightBytes: 3 * 8192 } });
  });
});

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kaito-models-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describe('a record from a folder', () => {
  test('has the digests of its files', async () => {
    const folder = await emptyFolder();
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
    const record = await recordOfModel(directoryReader(folder), wish);
    expect(record.facts.storedWeightBytes).toBe(3 * 8192);
    expect(record.files?.every(({ sha256 }) => sha256?.length === 64)).toBe(true);
    expect(await readFile(join(folder, 'config.json'), 'utf8')).toBe(config);
  });

  test('with a file that ends within its header is refused', async () => {
    const folder = await emptyFolder();
    await writeFile(join(folder, 'config.json'), config);
    await writeFile(join(folder, 'model.safetensors'), safetensors(['model.w']).subarray(0, 20));
    await expect(recordOfModel(directoryReader(folder), wish)).rejects.toMatchObject({
      code: 'TRUNCATED_FILE',
    });
  });

  test.each([
    ['model.safetensors.index.json', '{"metadata": {"total_size": 16', 'UNREADABLE_FILE'],
    ['model.safetensors.index.json', '{"metadata": {}}', 'BAD_INDEX'],
    ['model.safetensors.index.json', '{"weight_map": {"a": "gone.safetensors"}}', 'FILE_MISSING'],
    ['config.json', '{"hidden_size": ', 'UNREADABLE_FILE'],
    ['config.json', '[]', 'NO_CONFIG'],
  ])('with %s of %s is refused as %s', async (name, text, code) => {
    const folder = await emptyFolder();
    await writeFile(join(folder, 'config.json'), config);
    await writeFile(join(folder, name), text);
    await expect(recordOfModel(directoryReader(folder), wish)).rejects.toMatchObject({ code });
  });
});

test('kaito models add sends the token, goes through the proxy and writes the record', async () => {
  const seen: (string | undefined)[] = [];
  const { endpoint } = await hub(({ headers }) => {
    seen.push(headers.authorization);
    return false;
  });
  const tunnels: string[] = [];
  const proxy = createServer();
  proxy.on('connect', ({ url = '' }: IncomingMessage, socket: Duplex) => {
    tunnels.push(url);
    const upstream = connect(Number(new URL(endpoint).port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    for (const end of [socket, upstream]) end.on('error', () => upstream.destroy());
  });
  await new Promise<void>((resolve) => {
    proxy.listen(0, '127.0.0.1', resolve);
  });
  const folder = await emptyFolder();
  const main = fileURLToPath(new URL('../main.ts', import.meta.url));
  const args = ['models', 'add', 'acme/tiny', '--endpoint', 'http://hub.example', '--records', folder];
  const { port } = proxy.address() as AddressInfo;
  await promisify(execFile)(process.execPath, ['--conditions=@kaito-ts/source', main, ...args], {
    env: { PATH: process.env['PATH'], HTTP_PROXY: `http://127.0.0.1:${port}`, HF_TOKEN: 'secret' },
  });
  proxy.closeAllConnections();
  proxy.close();
  expect(new Set(tunnels)).toEqual(new Set(['hub.example:80']));
  expect(new Set(seen)).toEqual(new Set(['Bearer secret']));
  const record = parseModelRecord(await readFile(join(folder, 'tiny.yaml'), 'utf8'), 'tiny.yaml');
  expect(record).toMatchObject({ ok: true, value: { name: 'acme/tiny', source: { revision: commit } } });
});
