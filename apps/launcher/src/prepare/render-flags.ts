import { readFlag, shown, type FlagRecord, type FlagTable } from '@kaito-ts/preset-catalog/runtimes';
import type { FlagStyle } from '../engines/engine.ts';
import { renderValue } from './render-value.ts';

/** One place where flags are asked for; `where` tells a person the line of a key. */
export interface FlagSource {
  readonly values: Readonly<Record<string, unknown>>;
  readonly where: (key: string) => string;
}

export interface FlagRequest {
  /** Weakest first; a later source wins over an earlier one, flag by flag. */
  readonly sources: readonly FlagSource[];
  readonly table: FlagTable;
  readonly style: FlagStyle;
  /** Flags whose value may be a path that only another image holds; without the file they are left out. */
  readonly optionalFiles: readonly string[];
  readonly fileExists: (path: string) => boolean;
}

export interface RenderedFlags {
  /** By canonical name, with the field for a dotted key, in the order in which they were asked for; each value is the words of the command line. */
  readonly flags: ReadonlyMap<string, readonly string[]>;
  readonly warnings: readonly string[];
  /** Every reason why the runtime cannot be started with these flags. */
  readonly problems: readonly string[];
}

interface Entry {
  readonly key: string;
  readonly value: unknown;
  readonly where: string;
}

interface Draft {
  readonly request: FlagRequest;
  readonly flags: Map<string, readonly string[]>;
  readonly warnings: string[];
  readonly problems: string[];
}

export function renderFlags(request: FlagRequest): RenderedFlags {
  const draft: Draft = {
    request,
    flags: new Map(),
    warnings: [],
    problems: [],
  };
  for (const source of request.sources) {
    for (const [key, value] of Object.entries(source.values))
      addEntry(draft, { key, value, where: source.where(key) });
  }
  return draft;
}

/** 1: the runtime would not start with it. 2: gone in this version. 3: no value. 4: a file of another image. 5: a value. */
function addEntry(draft: Draft, entry: Entry): void {
  const { request, warnings, problems, flags } = draft;
  const { key, value, where } = entry;
  const reading = readFlag(request.table, key, value);
  switch (reading.kind) {
    case 'problem':
      problems.push(`${where}: ${key} ${reading.problem}`);
      return;
    case 'removed':
      warnings.push(describeRemoved(draft, entry, reading.flag));
      return;
    case 'unset':
      flags.delete(reading.slot);
      warnings.push(`${where}: ${key} has no value, so the default of the runtime holds`);
      return;
    case 'set':
      break;
  }
  const { flag, slot } = reading;
  if (isMissingFile(request, flag.name, value)) {
    flags.delete(slot);
    warnings.push(`${where}: ${key}: ${shown(value)} is not in this image, so the model's own is used`);
    return;
  }
  if (slot === flag.name && typeof value === 'string' && /^(?:yes|no|on|off)$/iu.test(value)) {
    warnings.push(`${where}: ${key}: ${value} is a text here; older YAML readers took it for a boolean`);
  }
  flags.set(slot, renderValue({ ...flag, name: slot }, reading.value, request.style));
}

/** A replacement seldom takes the same value, so what it is is said and not guessed. */
function describeRemoved({ request }: Draft, entry: Entry, { replacement, note }: FlagRecord): string {
  const { engine, version } = request.table;
  const instead = replacement === undefined ? [] : [`instead: ${replacement}`];
  const details = [...instead, ...(note === undefined ? [] : [note])].join('; ');
  return `${entry.where}: ${entry.key} is gone in ${engine} ${version} and was left out${details === '' ? '' : ` (${details})`}`;
}

function isMissingFile({ optionalFiles, fileExists }: FlagRequest, name: string, value: unknown): boolean {
  if (!optionalFiles.includes(name) || typeof value !== 'string') return false;
  return value.startsWith('/') && !/[{\n]/u.test(value) && !fileExists(value);
}
