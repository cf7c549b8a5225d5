/**
 * A quantity, or what is missing to tell it. `bound: 'upper'` means that the truth is at most this: it can prove that
 * something fits and never that it does not.
 */
export type Known =
  | {
      readonly kind: 'known';
      readonly value: number;
      readonly bound: 'exact' | 'upper';
      readonly how: string;
    }
  | { readonly kind: 'unknown'; readonly missing: readonly string[] };

export function exactly(value: number, how: string): Known {
  return { kind: 'known', value, bound: 'exact', how };
}

export function atMost(value: number, how: string): Known {
  return { kind: 'known', value, bound: 'upper', how };
}

export function unknown(...missing: readonly string[]): Known {
  return { kind: 'unknown', missing };
}
