import type { ClusterAccess } from '@kaito-ts/kube-runtime';

/** Leads to a proxy instead of the API server, with the same token. */
export async function proxyKubeconfig(
  url: string,
  certificate: string,
  access: ClusterAccess,
): Promise<string> {
  const { headers } = await access.credentials();
  const token = headers['authorization']?.replace(/^Bearer /, '');
  const authority = Buffer.from(certificate).toString('base64');
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'chaos', cluster: { server: url, 'certificate-authority-data': authority } }],
    users: [{ name: 'chaos', user: token === undefined ? {} : { token } }],
    contexts: [{ name: 'chaos', context: { cluster: 'chaos', user: 'chaos' } }],
    'current-context': 'chaos',
  });
}
