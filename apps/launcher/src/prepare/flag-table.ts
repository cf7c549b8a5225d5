import type { FlagRecord, RuntimeRecord } from '@kaito-ts/preset-catalog/runtimes';

export type FlagTable = Pick<RuntimeRecord, 'engine' | 'version' | 'flags' | 'findFlag'>;

export interface FlagReference {
  readonly flag: FlagRecord;
  /** The key was the flag's negation, so its value means the opposite. */
  readonly negated: boolean;
  /** The rest of a dotted key, which sets one field of a JSON flag. */
  readonly field: string | undefined;
}

/** Keys may be written as flags are: with underscores, by alias, negated, and dotted for a field of a JSON flag. */
export function findFlag(table: FlagTable, key: string): FlagReference | undefined {
  const dot = key.indexOf('.');
  const name = dot < 0 ? key : key.slice(0, dot);
  const flag = table.findFlag(name);
  if (flag === undefined || (dot >= 0 && flag.type !== 'json')) return undefined;
  const negated =
    flag.negation !== undefined && flag.name !== normalise(name) && flag.negation === normalise(name);
  return { flag, negated, field: dot < 0 ? undefined : key.slice(dot + 1) };
}

export function normalise(name: string): string {
  return name.replace(/^-+/u, '').replaceAll('_', '-');
}
