import { access } from 'node:fs/promises';
import { withLock } from '../lock.ts';
import { execute } from '../execute.ts';

/** A Debian package and a file by which we see that it is there. */
const needed: readonly (readonly [name: string, evidence: string])[] = [
  ['containerd', '/usr/bin/containerd'],
  ['runc', '/usr/sbin/runc'],
  ['containernetworking-plugins', '/usr/lib/cni/bridge'],
  ['buildah', '/usr/bin/buildah'],
  ['docker-registry', '/usr/bin/docker-registry'],
  ['busybox-static', '/bin/busybox'],
  ['tini', '/usr/bin/tini-static'],
  ['iptables', '/usr/sbin/iptables'],
  ['iproute2', '/usr/sbin/ip'],
];

/** Installs the Debian packages of a node that are missing; needs root. Says nothing when all are there. */
export async function ensureNodePackages(progress: (line: string) => void = () => {}): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('a real node needs root: it makes mounts and networks');
  if ((await missingPackages()).length === 0) return;
  await withLock('/run/kaito-ts-packages.lock', async () => {
    const missing = await missingPackages();
    if (missing.length === 0) return;
    progress(`installing Debian packages: ${missing.join(' ')} …`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    // A mirror that does not answer now may in a moment.
    const options = ['-q', '-o', 'Acquire::Retries=5'];
    await execute('apt-get', ['update', ...options], { env });
    await execute('apt-get', ['install', '-y', ...options, '--no-install-recommends', ...missing], { env });
  });
}

async function missingPackages(): Promise<readonly string[]> {
  const present = await Promise.all(
    needed.map(([, evidence]) =>
      access(evidence).then(
        () => true,
        () => false,
      ),
    ),
  );
  return needed.filter((_, index) => present[index] === false).map(([name]) => name);
}
