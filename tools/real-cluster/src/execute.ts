import { execFile, type ExecFileOptions } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs a program to its end and returns what it printed; throws with its last words. */
export async function execute(
  command: string,
  args: readonly string[],
  options: ExecFileOptions = {},
): Promise<string> {
  try {
    const { stdout } = await run(command, [...args], { maxBuffer: 64 * 1024 * 1024, ...options });
    return String(stdout);
  } catch (cause) {
    const { stderr = '', message } = cause as Error & { readonly stderr?: string };
    const words = stderr.trim().split('\n').slice(-8).join('\n');
    throw new Error(`${command} ${args.slice(0, 4).join(' ')} failed: ${words || message}`, { cause });
  }
}

/** The same, where failing means that there was nothing to do. */
export async function attempt(command: string, args: readonly string[]): Promise<string> {
  return execute(command, args).catch(() => '');
}
