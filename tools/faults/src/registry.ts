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

/** Gives an image of the registry a second tag. */
export async function tagImage(registry: string, from: string, to: string): Promise<void> {
  const source = await fetch(manifestUrl(registry, from), { headers: { accept: manifestTypes } });
  if (!source.ok) throw new Error(`${from}: ${source.status}`);
  const type = source.headers.get('content-type') ?? '';
  const answer = await fetch(manifestUrl(registry, to), {
    method: 'PUT',
    headers: { 'content-type': type },
    body: await source.text(),
  });
  if (!answer.ok) throw new Error(`${to}: ${answer.status} ${await answer.text()}`);
}

interface Manifest {
  readonly config: { readonly mediaType: string; readonly size: number; readonly digest: string };
}

/** The same image under another tag, with root as its user. */
export async function tagAsRoot(registry: string, from: string, to: string): Promise<void> {
  const source = await fetch(manifestUrl(registry, from), { headers: { accept: manifestTypes } });
  const type = source.headers.get('content-type') ?? '';
  const manifest = (await source.json()) as Manifest;
  const repository = from.split(':')[0];
  const blobs = `http://${registry}/v2/${repository}/blobs`;
  const config = (await (await fetch(`${blobs}/${manifest.config.digest}`)).json()) as {
    readonly config?: object;
  };
  const body = JSON.stringify({ ...config, config: { ...config.config, User: '' } });
  const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
  const upload = await fetch(`${blobs}/uploads/`, { method: 'POST' });
  const place = new URL(upload.headers.get('location') ?? '', `http://${registry}`);
  place.searchParams.set('digest', digest);
  const headers = { 'content-type': 'application/octet-stream' };
  const stored = await fetch(place, { method: 'PUT', headers, body });
  if (!stored.ok) throw new Error(`config of ${to}: ${stored.status} ${await stored.text()}`);
  const changed = { ...manifest, config: { ...manifest.config, digest, size: Buffer.byteLength(body) } };
  const answer = await fetch(manifestUrl(registry, to), {
    method: 'PUT',
    headers: { 'content-type': type },
    body: JSON.stringify(changed),
  });
  if (!answer.ok) throw new Error(`${to}: ${answer.status} ${await answer.text()}`);
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
