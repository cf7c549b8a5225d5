import { spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { listAt, textAt, valueAt } from '../json.ts';
import { Connection, eventually, type Target } from './connection.ts';

export interface ControlPlane extends Target {
  readonly kubeconfigPath: string;
  readonly stop: () => Promise<void>;
}

interface Found {
  readonly isPossible: boolean;
  readonly reason: string;
  readonly start: () => Promise<ControlPlane>;
}

const needed = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];

/** Where the Kubernetes programs are kept, outside the repository. */
export function binaryFolder(): string {
  const { KAITO_CACHE_DIR, XDG_CACHE_HOME } = process.env;
  return join(
    KAITO_CACHE_DIR ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'kaito-ts'),
    'kubernetes-1.34.3',
  );
}

/** The cluster of KAITO_TEST_KUBECONFIG, else one started from the cached programs. */
export function findControlPlane(): Found {
  const kubeconfig = process.env['KAITO_TEST_KUBECONFIG'];
  if (kubeconfig) return { isPossible: true, reason: '', start: () => Promise.resolve(given(kubeconfig)) };
  const missing = needed.filter((name) => !existsSync(join(binaryFolder(), name)));
  const reason = `no KAITO_TEST_KUBECONFIG, and no ${missing.join(', ')} in ${binaryFolder()}`;
  return { isPossible: missing.length === 0, reason, start: startControlPlane };
}

function given(path: string): ControlPlane {
  const config = load(readFileSync(path, 'utf8'));
  const url = textAt(valueAt(listAt(config, 'clusters')[0], 'cluster'), 'server');
  const token = textAt(valueAt(listAt(config, 'users')[0], 'user'), 'token');
  return { url, token, kubeconfigPath: path, stop: () => Promise.resolve() };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function startControlPlane(): Promise<ControlPlane> {
  const directory = mkdtempSync(join(tmpdir(), 'control-plane-'));
  const children: ChildProcess[] = [];
  const run = (name: string, args: readonly string[]): void => {
    const log = openSync(join(directory, `${name}.log`), 'a');
    children.push(spawn(join(binaryFolder(), name), args, { cwd: directory, stdio: ['ignore', log, log] }));
  };
  const stop = async (): Promise<void> => {
    for (const child of children.toReversed()) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      if (child.exitCode === null) await ended;
    }
    rmSync(directory, { recursive: true, force: true });
  };
  const [port, etcd, peer] = [await freePort(), await freePort(), await freePort()];
  const token = 'admintoken';
  const url = `https://127.0.0.1:${port}`;
  mkdirSync(join(directory, 'pki'));
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(join(directory, 'pki/sa.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }));
  writeFileSync(join(directory, 'pki/sa.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  writeFileSync(join(directory, 'pki/tokens.csv'), `${token},admin,admin,"system:masters"\n`);
  const etcdUrl = `http://127.0.0.1:${etcd}`;
  const peerUrl = `http://127.0.0.1:${peer}`;
  run('etcd', [
    '--data-dir=etcd',
    `--listen-client-urls=${etcdUrl}`,
    `--advertise-client-urls=${etcdUrl}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=default=${peerUrl}`,
    '--unsafe-no-fsync',
    '--log-level=error',
  ]);
  run('kube-apiserver', [
    `--etcd-servers=${etcdUrl}`,
    '--cert-dir=pki',
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    '--endpoint-reconciler-type=none',
    '--token-auth-file=pki/tokens.csv',
    '--authorization-mode=Node,RBAC',
    '--service-cluster-ip-range=10.96.0.0/16',
    '--service-account-issuer=https://kubernetes.default.svc',
    '--service-account-key-file=pki/sa.pub',
    '--service-account-signing-key-file=pki/sa.key',
  ]);
  const kubeconfigPath = join(directory, 'kubeconfig');
  const cluster = { server: url, 'certificate-authority': join(directory, 'pki/apiserver.crt') };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user: { token } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  writeFileSync(kubeconfigPath, JSON.stringify(config));
  const api = new Connection({ url, token });
  try {
    await eventually(
      'the API server is ready',
      async () => (await api.get('/readyz').catch(() => undefined))?.code === 200,
    );
  } catch (error) {
    await stop();
    throw error;
  } finally {
    api.close();
  }
  const common = [
    `--kubeconfig=${kubeconfigPath}`,
    '--leader-elect=false',
    '--kube-api-qps=200',
    '--kube-api-burst=400',
  ];
  run('kube-controller-manager', [
    ...common,
    '--secure-port=0',
    '--service-account-private-key-file=pki/sa.key',
    '--root-ca-file=pki/apiserver.crt',
    '--use-service-account-credentials=true',
  ]);
  run('kube-scheduler', [...common, '--bind-address=127.0.0.1', '--secure-port=0']);
  const probe = new Connection({ url, token });
  await eventually(
    'the controllers work',
    async () => (await probe.get('/api/v1/namespaces/default/serviceaccounts/default')).code === 200,
  );
  probe.close();
  return { url, token, kubeconfigPath, stop };
}
