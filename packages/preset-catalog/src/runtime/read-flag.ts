import { nearestNames } from '../model/nearest-names.ts';
import { readBoolean, readFlagValue, type FlagValue } from './flag-value.ts';
import { reservedFlags } from './reserved-flags.ts';
import type { FlagRecord, RuntimeRecord } from './runtime-record.ts';

export type FlagTable = Pick<RuntimeRecord, 'engine' | 'version' | 'flags' | 'findFlag'>;

/** What one key of `inference_config.yaml` means to one version of one runtime. */
export type FlagReading =
  | {
      readonly kind: 'set';
      readonly flag: FlagRecord;
      /** Where it stands among the flags: its name, with the field for a dotted key of a JSON flag. */
      readonly slot: string;
      readonly value: FlagValue;
    }
  /** The key has no value: whatever an earlier source set is taken back. */
  | { readonly kind: 'unset'; readonly flag: FlagRecord; readonly slot: string }
  /** Gone in this version; it must not be passed on. */
  | { readonly kind: 'removed'; readonly flag: FlagRecord }
  /** Why the runtime cannot be started with it, as the rest of a sentence that begins with the key. */
  | { readonly kind: 'problem'; readonly problem: string };

/** Keys may be written as flags are: with underscores, by alias, negated, and dotted for a field of a JSON flag. */
export function readFlag(table: FlagTable, key: string, value: unknown): FlagReading {
  const dot = key.indexOf('.');
  const name = dot < 0 ? key : key.slice(0, dot);
  const flag = table.findFlag(name);
  const reserved = reservedFlags[table.engine]?.[flag?.name ?? dashed(name)];
  if (reserved !== undefined) return { kind: 'problem', problem: `cannot be set: ${reserved}` };
  if (flag === undefined || (dot >= 0 && flag.type !== 'json')) return unknownFlag(table, key);
  if (flag.removedIn !== undefined) return { kind: 'removed', flag };
  const field = dot < 0 ? undefined : key.slice(dot + 1);
  const slot = field === undefined ? flag.name : `${flag.name}.${field}`;
  if (value === null || value === undefined) return { kind: 'unset', flag, slot };
  if (field !== undefined) {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return { kind: 'set', flag, slot, value: { kind: 'text', text } };
  }
  const read = readFlagValue(flag, isNegation(flag, name) ? opposite(value) : value);
  return read.kind === 'problem' ? read : { kind: 'set', flag, slot, value: read };
}

function isNegation(flag: FlagRecord, name: string): boolean {
  return flag.name !== dashed(name) && flag.negation !== undefined && flag.negation === dashed(name);
}

function opposite(value: unknown): unknown {
  const on = readBoolean(value);
  return on === undefined ? value : !on;
}

function unknownFlag({ engine, version, flags }: FlagTable, key: string): FlagReading {
  const known = [...flags.values()]
    .filter(({ removedIn }) => removedIn === undefined)
    .map(({ name }) => name);
  const [close] = nearestNames(dashed(key), known);
  const suggestion = close === undefined ? '' : `; did you mean ${close}?`;
  return { kind: 'problem', problem: `is no flag of ${engine} ${version}${suggestion}` };
}

function dashed(name: string): string {
  return name.replace(/^-+/u, '').replaceAll('_', '-');
}

/** Flags by slot, as the sources leave them: a later source wins, flag by flag; what is wrong or gone is left out. */
export function flagsInForce(
  table: FlagTable,
  sources: readonly Readonly<Record<string, unknown>>[],
): ReadonlyMap<string, FlagValue> {
  const inForce = new Map<string, FlagValue>();
  for (const [key, value] of sources.flatMap((source) => Object.entries(source))) {
    const reading = readFlag(table, key, value);
    if (reading.kind === 'set') inForce.set(reading.slot, reading.value);
    else if (reading.kind === 'unset') inForce.delete(reading.slot);
  }
  return inForce;
}
