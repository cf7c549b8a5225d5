/** Why something is not as it should be, in the words that a condition shows. */
export interface Cause {
  /** CamelCase, the condition's reason. */
  readonly reason: string;
  /** The object at fault, `Kind/name`. */
  readonly object: string;
  readonly cause: string;
  readonly nextStep: string;
  /** pending: time alone may mend it; failed: somebody has to do something. */
  readonly severity: 'pending' | 'failed';
}

export type Planned<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly cause: Cause };

export function planned<T>(value: T): Planned<T> {
  return { ok: true, value };
}

export function refused(cause: Omit<Cause, 'severity'>): { readonly ok: false; readonly cause: Cause } {
  return { ok: false, cause: { ...cause, severity: 'failed' } };
}

export function describeCause({ object, cause, nextStep }: Cause): string {
  return `${object}: ${cause}; next: ${nextStep}`;
}
