import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const kubernetesVersion = '1.34.3';

/** Folder with etcd and kube-apiserver; undefined when there is none. */
export function findControlPlaneBinaries(): string | undefined {
  const { KUBEBUILDER_ASSETS, KAITO_CACHE_DIR, XDG_CACHE_HOME } = process.env;
  const cache = KAITO_CACHE_DIR ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'kaito-ts');
  const candidates = [KUBEBUILDER_ASSETS, join(cache, `kubernetes-${kubernetesVersion}`)];
  return candidates.find(
    (folder) =>
      folder !== undefined && ['etcd', 'kube-apiserver'].every((name) => existsSync(join(folder, name))),
  );
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface ApiServer extends AsyncDisposable {
  /** `type` is what a body is sent as, and without a body what is asked for. */
  call(method: string, path: string, body?: unknown, type?: string): Promise<ApiAnswer>;
}

const token = 'test-token';

/** Starts etcd and kube-apiserver alone, on loopback, with a state folder that goes with them. */
export async function startApiServer(binaries: string): Promise<ApiServer> {
  const [port = 0, clientPort = 0, peerPort = 0] = await freePorts(3);
  const state = mkdtempSync(join(tmpdir(), 'kaito-api-types-'));
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  writeFileSync(join(state, 'sa.key'), privateKey, { mode: 0o600 });
  writeFileSync(join(state, 'tokens.csv'), `${token},admin,admin,"system:masters"\n`, { mode: 0o600 });
  const etcd = `http://127.0.0.1:${clientPort}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  const children = [
    spawnQuietly(join(binaries, 'etcd'), [
      `--data-dir=${join(state, 'etcd')}`,
      `--listen-client-urls=${etcd}`,
      `--advertise-client-urls=${etcd}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      '--unsafe-no-fsync',
      '--log-level=error',
    ]),
    spawnQuietly(join(binaries, 'kube-apiserver'), [
      `--etcd-servers=${etcd}`,
      `--cert-dir=${join(state, 'pki')}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--secure-port=${port}`,
      '--endpoint-reconciler-type=none',
      `--token-auth-file=${join(state, 'tokens.csv')}`,
      '--authorization-mode=RBAC',
      '--service-cluster-ip-range=10.96.0.0/16',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${join(state, 'sa.key')}`,
      `--service-account-signing-key-file=${join(state, 'sa.key')}`,
    ]),
  ];
  const dispose = async (): Promise<void> => {
    await Promise.all(children.toReversed().map(end));
    rmSync(state, { recursive: true, force: true });
  };
  try {
    const call = await connect(port, join(state, 'pki', 'apiserver.crt'), children);
    return { call, [Symbol.asyncDispose]: dispose };
  } catch (cause) {
    await dispose();
    throw cause;
  }
}

/** Ports that were free a moment ago, all different. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) => {
          server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function spawnQuietly(program: string, args: readonly string[]): ChildProcess {
  return spawn(program, args, { stdio: 'ignore' });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const patience = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(patience);
}

async function connect(
  port: number,
  certificate: string,
  children: readonly ChildProcess[],
): Promise<ApiServer['call']> {
  for (let attempt = 0; attempt < 600; attempt++) {
    const dead = children.find((child) => child.exitCode !== null);
    if (dead) throw new Error(`${dead.spawnfile} ended with ${dead.exitCode}; is port ${port} taken?`);
    if (existsSync(certificate)) {
      const call = caller(port, readFileSync(certificate));
      const answer = await call('GET', '/readyz').catch(() => undefined);
      if (answer?.status === 200) return call;
    }
    await delay(100);
  }
  throw new Error('the API server did not become ready within 60 s');
}

function caller(port: number, ca: Buffer): ApiServer['call'] {
  const agent = new Agent({ ca, keepAlive: true, maxSockets: 4 });
  return (method, path, body, type = 'application/json') =>
    new Promise((resolve, reject) => {
      const accept = body === undefined ? type : 'application/json';
      const headers = { authorization: `Bearer ${token}`, 'content-type': type, accept };
      const sent = request({ host: '127.0.0.1', port, method, path, headers, agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: parse(Buffer.concat(chunks)) }),
        );
      });
      sent.on('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
}

function parse(bytes: Buffer): Readonly<Record<string, unknown>> {
  const text = bytes.toString();
  return text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : { text };
}
