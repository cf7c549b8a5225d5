/** What a reconcile came to, when it did not throw. A throw means: try again, each time a little later. */
export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'requeueAfter'; readonly milliseconds: number };

/** Nothing to do until something changes. */
export const done: Outcome = { kind: 'done' };

/** Look again after this time, even if nothing changes. */
export function requeueAfter(milliseconds: number): Outcome {
  return { kind: 'requeueAfter', milliseconds };
}

/** Thrown when trying again is useless until the object changes. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
  readonly code = 'TERMINAL';
}
