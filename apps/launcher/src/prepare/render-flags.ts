import type { FlagRecord } from '@kaito-ts/preset-catalog/runtimes';
import type { DeniedFlags, FlagStyle } from '../engines/engine.ts';
import { findFlag, normalise, type FlagReference, type FlagTable } from './flag-table.ts';
import { nearest } from './nearest.ts';
import { assignment, readBoolean, renderValue, show } from './render-value.ts';

/** One place where flags are asked for; `where` tells a person the line of a key. */
export interface FlagSource {
  readonly values: Readonly<Record<string, unknown>>;
  readonly where: (key: string) => string;
}

export interface FlagRequest {
  /** Weakest first; a later source wins over an earlier one, flag by flag. */
  readonly sources: readonly FlagSource[];
  readonly table: FlagTable;
  readonly denied: DeniedFlags;
  readonly style: FlagStyle;
  /** Flags whose value may be a path that only another image holds; without the file they are left out. */
  readonly optionalFiles: readonly string[];
  readonly fileExists: (path: string) => boolean;
}

export interface RenderedFlags {
  /** By canonical name, with the field for a dotted key; each value is the words of the command line. */
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

/** 1: not for users. 2: no such flag. 3: gone in this version. 4: no value. 5: a file of another image. 6: a value. */
function addEntry(draft: Draft, entry: Entry): void {
  const { request, warnings, problems } = draft;
  const reference = findFlag(request.table, entry.key);
  const name = reference?.flag.name ?? normalise(entry.key.split('.', 1)[0] ?? entry.key);
  const reason = request.denied[name];
  if (reason !== undefined) {
    problems.push(`${entry.where}: ${entry.key} cannot be set: ${reason}`);
    return;
  }
  if (reference === undefined) {
    problems.push(unknownFlag(draft, entry));
    return;
  }
  if (reference.flag.removedIn !== undefined) {
    warnings.push(describeRemoved(draft, entry, reference.flag));
    return;
  }
  if (entry.value === null || entry.value === undefined) {
    draft.flags.delete(slotOf(reference));
    warnings.push(`${entry.where}: ${entry.key} has no value, so the default of the runtime holds`);
    return;
  }
  if (isMissingFile(request, name, entry.value)) {
    draft.flags.delete(slotOf(reference));
    warnings.push(
      `${entry.where}: ${entry.key}: ${show(entry.value)} is not in this image, so the model's own is used`,
    );
    return;
  }
  setFlag(draft, entry, reference);
}

function setFlag(draft: Draft, entry: Entry, { flag, negated, field }: FlagReference): void {
  if (field !== undefined) {
    const text = typeof entry.value === 'string' ? entry.value : JSON.stringify(entry.value);
    const name = `${flag.name}.${field}`;
    draft.flags.set(name, assignment(name, text, draft.request.style));
    return;
  }
  const isOn = negated ? readBoolean(entry.value) : undefined;
  const rendered = renderValue(flag, isOn === undefined ? entry.value : !isOn, draft.request.style);
  if (rendered.kind === 'problem') {
    draft.problems.push(`${entry.where}: ${entry.key} ${rendered.problem}`);
    return;
  }
  if (!negated && typeof entry.value === 'string' && /^(?:yes|no|on|off)$/iu.test(entry.value)) {
    draft.warnings.push(
      `${entry.where}: ${entry.key}: ${entry.value} is a text here; older YAML readers took it for a boolean`,
    );
  }
  draft.flags.set(flag.name, rendered.words);
}

/** A replacement seldom takes the same value, so what it is is said and not guessed. */
function describeRemoved({ request }: Draft, entry: Entry, { replacement, note }: FlagRecord): string {
  const { engine, version } = request.table;
  const instead = replacement === undefined ? [] : [`instead: ${replacement}`];
  const details = [...instead, ...(note === undefined ? [] : [note])].join('; ');
  return `${entry.where}: ${entry.key} is gone in ${engine} ${version} and was left out${details === '' ? '' : ` (${details})`}`;
}

function unknownFlag({ request }: Draft, entry: Entry): string {
  const { engine, version, flags } = request.table;
  const known = [...flags.values()]
    .filter(({ removedIn }) => removedIn === undefined)
    .map(({ name }) => name);
  const close = nearest(normalise(entry.key), known);
  const suggestion = close === undefined ? '' : `; did you mean ${close}?`;
  return `${entry.where}: ${entry.key} is no flag of ${engine} ${version}${suggestion}`;
}

function isMissingFile({ optionalFiles, fileExists }: FlagRequest, name: string, value: unknown): boolean {
  if (!optionalFiles.includes(name) || typeof value !== 'string') return false;
  return value.startsWith('/') && !/[{\n]/u.test(value) && !fileExists(value);
}

/** A whole flag and a field of it are two words on the command line, in the order in which they were asked for. */
function slotOf({ flag, field }: FlagReference): string {
  return field === undefined ? flag.name : `${flag.name}.${field}`;
}
