import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Makes a range of addresses this machine's own; false when it was so before (and is not ours to remove). */
export async function addLocalRoute(cidr: string): Promise<boolean> {
  if (!/^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/.test(cidr))
    throw new Error(`--route ${cidr} is not an IPv4 range such as 10.245.0.0/24`);
  if ((await ip(['route', 'show', 'table', 'local', cidr])).includes(' dev lo')) return false;
  await ip(['route', 'add', 'local', cidr, 'dev', 'lo']);
  return true;
}

export async function removeLocalRoute(cidr: string): Promise<void> {
  if ((await ip(['route', 'show', 'table', 'local', cidr])) === '') return;
  await ip(['route', 'del', 'local', cidr, 'dev', 'lo']);
}

async function ip(args: readonly string[]): Promise<string> {
  try {
    return (await execute('ip', args)).stdout.trim();
  } catch (cause) {
    throw new Error(
      `ip ${args.join(' ')} failed (root and iproute2 are needed): ${(cause as Error).message}`,
      { cause },
    );
  }
}
