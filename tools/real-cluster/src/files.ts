import { generateKeyPair, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { files } from './components.ts';

/** Who changed what is what tests ask; bodies would only fill the disk. */
const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived', 'ResponseStarted'],
  rules: [{ level: 'Metadata' }],
};

/** Writes what the API server reads at its start; returns the administrator's token. */
export async function writeServerFiles(directory: string): Promise<string> {
  await mkdir(join(directory, 'pki'), { recursive: true, mode: 0o700 });
  const token = randomBytes(24).toString('hex');
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  const secret = { mode: 0o600 };
  await writeFile(join(directory, files.serviceAccountKey), privateKey, secret);
  await writeFile(join(directory, files.serviceAccountPublicKey), publicKey);
  await writeFile(join(directory, files.tokens), `${token},admin,admin,"system:masters"\n`, secret);
  await writeFile(join(directory, files.auditPolicy), JSON.stringify(auditPolicy));
  return token;
}

/** Once the API server has made its certificate. JSON is YAML, and holds all that kubectl needs in one file. */
export async function writeKubeconfig(directory: string, url: string, token: string): Promise<string> {
  const certificate = await readFile(join(directory, files.servingCertificate));
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'real-cluster',
        cluster: { server: url, 'certificate-authority-data': certificate.toString('base64') },
      },
    ],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name: 'real-cluster', context: { cluster: 'real-cluster', user: 'admin' } }],
    'current-context': 'real-cluster',
  };
  const path = join(directory, files.kubeconfig);
  await writeFile(path, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 });
  return path;
}
