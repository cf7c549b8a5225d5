import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCredentials } from './credentials.ts';
import { loadKubeconfig } from './kubeconfig.ts';
import { KubeconfigError } from './kubeconfig-fields.ts';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'kubeconfig-'))));
afterAll(async () => rm(folder, { recursive: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

function config(user: string, cluster = ''): string {
  return `
current-context: c
contexts: [{name: c, context: {cluster: k, user: u, namespace: team}}, {name: broken, context: {cluster: none, user: u}}]
clusters: [{name: k, cluster: {server: "https://127.0.0.1:6443/base/", ${cluster}}}]
users: [{name: u, user: {${user}}}]
`;
}

describe('loadKubeconfig', () => {
  it.each<[string, string, object]>([
    ['a token', 'token: t', { headers: { authorization: 'Bearer t' } }],
    [
      'a token file beside the config',
      'tokenFile: token.txt',
      { headers: { authorization: 'Bearer from-file' } },
    ],
    [
      'user and password',
      'username: a, password: b',
      { headers: { authorization: `Basic ${Buffer.from('a:b').toString('base64')}` } },
    ],
    ['impersonation', 'token: t, as: someone', { headers: { 'impersonate-user': 'someone' } }],
    [
      'a client certificate',
      `client-certificate-data: ${btoa('CERT')}, client-key: token.txt`,
      { tls: { cert: 'CERT', key: 'from-file\n' } },
    ],
  ])('knows %s', async (_, user, expected) => {
    await file('token.txt', 'from-file\n');
    const access = await loadKubeconfig({ path: await file('config', config(user)), env: {} });
    expect(await access.credentials()).toMatchObject(expected);
    expect([access.server, access.namespace]).toEqual(['https://127.0.0.1:6443/base', 'team']);
  });

  it('runs an exec plugin, in the config’s terms, and again when asked to renew', async () => {
    const plugin = await file(
      'plugin.sh',
      `#!/bin/sh\necho x >> ${folder}/calls\necho '{"kind":"ExecCredential","status":{"token":"from-'$NAME'"}}'\n`,
    );
    await chmod(plugin, 0o755);
    const exec = `exec: {apiVersion: client.authentication.k8s.io/v1, command: ${plugin}, env: [{name: NAME, value: plugin}]}`;
    const access = await loadKubeconfig({ path: await file('config', config(exec)), env: {} });
    for (const renew of [false, false, true]) {
      expect((await access.credentials({ renew })).headers).toEqual({ authorization: 'Bearer from-plugin' });
    }
    const { readFile } = await import('node:fs/promises');
    expect(await readFile(join(folder, 'calls'), 'utf8')).toBe('x\nx\n');
  });

  it('merges several files, the first wins', async () => {
    const path = [
      await file('one', config('token: first')),
      join(folder, 'absent'),
      await file('two', config('token: second')),
    ].join(':');
    const access = await loadKubeconfig({ env: { KUBECONFIG: path } });
    expect((await access.credentials()).headers).toEqual({ authorization: 'Bearer first' });
  });

  it('uses the pod’s service account when nothing else is there', async () => {
    const directory = join(folder, 'account');
    await mkdir(directory, { recursive: true });
    for (const [name, text] of [
      ['token', 'tok\n'],
      ['ca.crt', 'CA'],
      ['namespace', 'kaito-system\n'],
    ] as const) {
      await writeFile(join(directory, name), text);
    }
    const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443', HOME: folder };
    const access = await loadKubeconfig({ env, serviceAccountDirectory: directory });
    expect([access.server, access.namespace]).toEqual(['https://[fd00::1]:443', 'kaito-system']);
    expect(await access.credentials()).toEqual({
      headers: { authorization: 'Bearer tok' },
      tls: { ca: 'CA' },
    });
  });

  it.each<[string, string, string]>([
    ['not YAML', 'a: b: c', 'is not YAML'],
    ['a list', '[]', 'expected a map'],
    ['no current context', 'clusters: []', 'no current-context'],
    ['an unknown context', 'current-context: x', 'no context x'],
    ['clusters that are no list', 'clusters: 3', 'clusters is not a list'],
    ['a server that is no URL', config('').replace('https://127.0.0.1:6443/base/', 'nonsense'), 'not a URL'],
    ['a token that is a number', config('token: 5'), 'token is 5'],
  ])('says what is wrong: %s', async (_, text, message) => {
    const path = await file('bad', text);
    const loading = loadKubeconfig({ path, env: {} }).then(async (access) => access.credentials());
    await expect(loading).rejects.toThrow(message);
    await expect(loading).rejects.toBeInstanceOf(KubeconfigError);
  });

  it('says what it looked for', async () => {
    await expect(loadKubeconfig({ path: '/nowhere', env: {} })).rejects.toThrow('/nowhere does not exist');
    await expect(loadKubeconfig({ env: { HOME: '/nowhere' } })).rejects.toThrow(
      '/nowhere/.kube/config does not exist',
    );
    await expect(
      loadKubeconfig({ path: await file('config', config('')), context: 'broken', env: {} }),
    ).rejects.toThrow('no cluster none');
  });
});

it('reads files again after a minute, because tokens are rotated on disk', async () => {
  await file('rotating', 'one');
  let now = 0;
  const holder = { name: 'x', directory: folder };
  const credentials = createCredentials(
    { cluster: { ...holder, fields: {} }, user: { ...holder, fields: { tokenFile: 'rotating' } } },
    () => now,
  );
  expect((await credentials()).headers['authorization']).toBe('Bearer one');
  await file('rotating', 'two');
  expect((await credentials()).headers['authorization']).toBe('Bearer one');
  now = 60_001;
  expect((await credentials()).headers['authorization']).toBe('Bearer two');
});
