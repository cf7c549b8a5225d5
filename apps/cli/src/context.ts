/** What a command may touch of the world; `main.ts` gives the real one, tests their own. */
export interface CommandContext {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Results: what a script would read. */
  readonly writeResult: (text: string) => void;
  /** Progress, warnings, hints: what a person reads. */
  readonly writeNote: (text: string) => void;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
}
