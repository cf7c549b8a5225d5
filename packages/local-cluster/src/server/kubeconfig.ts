import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Access {
  readonly url: string;
  readonly authority: string;
  readonly token: string;
}

/** Writes a kubeconfig that only its owner can read, whole or not at all. */
export function writeKubeconfig(directory: string, { url, authority, token }: Access): string {
  mkdirSync(directory, { recursive: true });
  const name = 'kaito-local-cluster';
  const cluster = { server: url, 'certificate-authority-data': Buffer.from(authority).toString('base64') };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: 'default' } }],
    'current-context': name,
  };
  const path = join(directory, 'kubeconfig');
  writeFileSync(`${path}.new`, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return path;
}
