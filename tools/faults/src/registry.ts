import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { RealCluster } from '@kaito-ts/real-cluster';

const manifestTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.oci.image.index.v1+json',
].join(', ');

interface StoredManifest {
  readonly type: string;
  readonly text: string;
}

interface Manifest {
  readonly config: { readonly mediaType: string; readonly size: number; readonly digest: string };
}

/** Gives an image of the registry a second tag in its repository. */
export async function tagImage(registry: string, from: string, to: string): Promise<void> {
  await putManifest(registry, to, await readManifest(registry, from));
}

/** The same image under another tag of its repository, with root as its user. */
export async function tagAsRoot(registry: string, from: string, to: string): Promise<void> {
  const { type, text } = await readManifest(registry, from);
  const manifest = JSON.parse(text) as Manifest;
  const blobs = `http://${registry}/v2/${from.split(':')[0]}/blobs`;
  const stored = await succeeded(`config of ${from}`, fetch(`${blobs}/${manifest.config.digest}`));
  const config = (await stored.json()) as { readonly config?: object };
  const body = JSON.stringify({ ...config, config: { ...config.config, User: '' } });
  const digest = await putBlob(blobs, body);
  const changed = { ...manifest, config: { ...manifest.config, digest, size: Buffer.byteLength(body) } };
  await putManifest(registry, to, { type, text: JSON.stringify(changed) });
}

async function readManifest(registry: string, reference: string): Promise<StoredManifest> {
  const headers = { accept: manifestTypes };
  const answer = await succeeded(reference, fetch(manifestUrl(registry, reference), { headers }));
  return { type: answer.headers.get('content-type') ?? '', text: await answer.text() };
}

async function putManifest(
  registry: string,
  reference: string,
  { type, text }: StoredManifest,
): Promise<void> {
  const headers = { 'content-type': type };
  await succeeded(reference, fetch(manifestUrl(registry, reference), { method: 'PUT', headers, body: text }));
}

/** Resolves to its digest. */
async function putBlob(blobs: string, body: string): Promise<string> {
  const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
  const upload = await succeeded('an upload', fetch(`${blobs}/uploads/`, { method: 'POST' }));
  const place = new URL(upload.headers.get('location') ?? '', blobs);
  place.searchParams.set('digest', digest);
  const headers = { 'content-type': 'application/octet-stream' };
  await succeeded('a blob', fetch(place, { method: 'PUT', headers, body }));
  return digest;
}

async function succeeded(what: string, answering: Promise<Response>): Promise<Response> {
  const answer = await answering;
  if (!answer.ok) throw new Error(`${what}: ${answer.status} ${await answer.text()}`);
  return answer;
}

function manifestUrl(registry: string, reference: string): string {
  const [repository = '', tag = ''] = reference.split(':');
  return `http://${registry}/v2/${repository}/manifests/${tag}`;
}

export interface Door {
  readonly port: number;
  close(): void;
}

export interface DoorOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** HOST:PORT of the registry behind it. */
  readonly registry: string;
  /** `user:password` that it asks for. */
  readonly credentials?: string;
}

/** A second way to the same registry, which may ask for a password. */
export async function openDoor({ host, port, registry, credentials }: DoorOptions): Promise<Door> {
  const expected =
    credentials === undefined ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`;
  const server: Server = createServer((incoming, response) => {
    if (expected !== undefined && incoming.headers.authorization !== expected) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="faults"' });
      response.end('{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}');
      return;
    }
    forward(incoming, response, registry);
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  const address = server.address();
  return {
    port: address !== null && typeof address === 'object' ? address.port : port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function forward(incoming: IncomingMessage, response: ServerResponse, registry: string): void {
  const { authorization: _authorization, ...headers } = incoming.headers;
  const onward = request(
    `http://${registry}${incoming.url}`,
    { method: incoming.method ?? 'GET', headers: { ...headers, host: registry } },
    (answer) => {
      answer.once('error', () => response.destroy());
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  onward.once('error', () => response.destroy());
  incoming.pipe(onward);
}

/** Leads the node to an address for images of one registry name; containerd reads this at every pull. */
export async function nameRegistry(cluster: RealCluster, name: string, address: string): Promise<void> {
  const folder = join(cluster.directory, 'node/certs.d', name);
  await mkdir(folder, { recursive: true });
  const url = `http://${address}`;
  await writeFile(
    join(folder, 'hosts.toml'),
    `server = "${url}"\n\n[host."${url}"]\n  capabilities = ["pull", "resolve"]\n`,
  );
}
