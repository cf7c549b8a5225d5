import { CommanderError } from 'commander';
import { CommandError, exitCodes, type ExitCode } from './command-error.ts';
import type { CommandContext } from './context.ts';

/** The one place where an error becomes text and an exit code. */
export function reportError(error: unknown, context: CommandContext): ExitCode {
  // commander has printed its own message and usage by now.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.badInput;
  if (error instanceof CommandError) {
    context.writeNote(`kaito: ${error.message}\nnext: ${error.next}\n`);
    return error.exitCode;
  }
  if (context.signal.aborted) return exitCodes.failed;
  const { message, code } = describe(error);
  context.writeNote(`kaito: ${message}${code === undefined ? '' : ` (${code})`}\n`);
  if (context.environment['KAITO_DEBUG'] !== undefined && error instanceof Error) {
    context.writeNote(`${error.stack ?? ''}\n`);
  }
  return exitCodes.failed;
}

function describe(error: unknown): { readonly message: string; readonly code?: string } {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = 'code' in error ? String(error.code) : undefined;
  return { message: error.message, ...(code === undefined ? {} : { code }) };
}
