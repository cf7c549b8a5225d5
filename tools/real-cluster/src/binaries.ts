import { access, constants } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { buildFromModules } from './go-build.ts';
import { withLock } from './lock.ts';
import { versions, type BinaryName } from './versions.ts';

export interface BinariesOptions {
  /** `KUBEBUILDER_ASSETS`, `KAITO_CACHE_DIR`, `XDG_CACHE_HOME` are read from here. */
  readonly env: NodeJS.ProcessEnv;
  /** Told what takes long. */
  readonly progress: (line: string) => void;
}

/** Where a binary is: in KUBEBUILDER_ASSETS, else in the cache, where it is built into when it is missing. */
export async function ensureBinary(name: BinaryName, { env, progress }: BinariesOptions): Promise<string> {
  const given = env['KUBEBUILDER_ASSETS'];
  if (given && (await isExecutable(join(given, name)))) return join(given, name);
  const target = join(cacheDirectory(env), name);
  if (await isExecutable(target)) return target;
  await withLock(`${target}.lock`, async () => {
    // Whoever held the lock before us may have built it.
    if (await isExecutable(target)) return;
    progress(`building ${name} from Go modules (some minutes, once) …`);
    await buildFromModules(name, target, env);
  });
  return target;
}

/** A kubectl of the cluster's version. */
export async function kubectlPath(options: Partial<BinariesOptions> = {}): Promise<string> {
  return ensureBinary('kubectl', { env: process.env, progress: () => {}, ...options });
}

export function cacheDirectory(env: NodeJS.ProcessEnv): string {
  const root = env['KAITO_CACHE_DIR'] || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'kaito-ts');
  return join(root, `kubernetes-${versions.kubernetes}`);
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
