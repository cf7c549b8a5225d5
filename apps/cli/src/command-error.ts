/** Exit codes of `kaito`, documented in docs/cli.md. */
export const exitCodes = {
  ok: 0,
  /** The cluster, the runtime or a file operation failed. */
  failed: 1,
  /** What the user wrote is wrong: arguments, YAML, a manifest, an adapter. */
  badInput: 2,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export interface CommandErrorOptions {
  readonly code: string;
  readonly message: string;
  /** What the user can do next, one sentence without a full stop. */
  readonly next: string;
  readonly exitCode?: ExitCode;
  readonly cause?: unknown;
}

/** Thrown when a command cannot go on; `kaito` prints message and next step and exits with `exitCode` (default 1). */
export class CommandError extends Error {
  readonly code: string;
  readonly next: string;
  readonly exitCode: ExitCode;

  constructor({ code, message, next, exitCode = exitCodes.failed, cause }: CommandErrorOptions) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'CommandError';
    this.code = code;
    this.next = next;
    this.exitCode = exitCode;
  }
}
