import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { identify, type ProcessIdentity } from './process-identity.ts';

export interface DaemonOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Appended to, so that a restart does not lose what was said before. */
  readonly logFile: string;
  /** Outlives us and our terminal. */
  readonly detached: boolean;
  readonly env: NodeJS.ProcessEnv;
}

/** Starts a process that only its log and its identity connect to us. */
export async function startDaemon({
  command,
  args,
  logFile,
  ...options
}: DaemonOptions): Promise<ProcessIdentity> {
  const log = await open(logFile, 'a');
  try {
    const child = spawn(command, args, { ...options, stdio: ['ignore', log.fd, log.fd] });
    await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    child.unref();
    return await identify(child.pid ?? 0);
  } finally {
    await log.close();
  }
}

export async function lastLines(logFile: string, count: number): Promise<string> {
  try {
    return (await readFile(logFile, 'utf8')).trimEnd().split('\n').slice(-count).join('\n');
  } catch {
    return '(no log)';
  }
}

export function logPath(directory: string, component: string): string {
  return join(directory, `${component}.log`);
}
