import type { DeniedFlags } from '../engines/engine.ts';
import { findFlag, normalise, type FlagReference, type FlagTable } from './flag-table.ts';
import { nearest } from './nearest.ts';
import { readBoolean, renderValue } from './render-value.ts';

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
    for (const [key, value] of Object.entries(source.values)) addEntry(draft, { key, value, where: source.where(key) });
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
    replaceRemoved(draft, entry, reference);
    return;
  }
  if (entry.value === null || entry.value === undefined) {
    draft.flags.delete(slotOf(reference));
    warnings.push(`${entry.where}: ${entry.key} has no value, so the default of the runtime holds`);
    return;
  }
  if (isMissingFile(request, name, entry.value)) {
    draft.flags.delete(slotOf(reference));
    warnings.push(`${entry.where}: ${entry.key}: ${String(entry.value)} is not in this image, so the model's own is used`);
    return;
  }
  setFlag(draft, entry, reference);
}

function setFlag(draft: Draft, entry: Entry, { flag, negated, field }: FlagReference): void {
  if (field !== undefined) {
    const text = typeof entry.value === 'string' ? entry.value : JSON.stringify(entry.value);
    draft.flags.set(`${flag.name}.${field}`, [`--${flag.name}.${field}=${text}`]);
    return;
  }
  const isOn = negated ? readBoolean(entry.value) : undefined;
  const rendered = renderValue(flag, isOn === undefined ? entry.value : !isOn);
  if (rendered.kind === 'problem') {
    draft.problems.push(`${entry.where}: ${entry.key} ${rendered.problem}`);
    return;
  }
  if (!negated && /^(?:yes|no|on|off)$/iu.test(String(entry.value))) {
    draft.warnings.push(
      `${entry.where}: ${entry.key}: ${String(entry.value)} is the text "${String(entry.value)}" here; older YAML readers took it for a boolean`,
    );
  }
  draft.flags.set(flag.name, rendered.words);
}

function replaceRemoved(draft: Draft, entry: Entry, { flag }: FlagReference): void {
  const { table } = draft.request;
  const { engine, version } = table;
  const gone = `${entry.where}: ${entry.key} is gone in ${engine} ${version}`;
  const replacement = flag.replacement === undefined ? undefined : findFlag(table, flag.replacement);
  if (replacement !== undefined && replacement.flag.removedIn === undefined) {
    draft.warnings.push(`${gone}; used as ${flag.replacement}`);
    addEntry(draft, { ...entry, key: flag.replacement ?? entry.key });
    return;
  }
  const instead = flag.replacement ?? flag.note;
  draft.warnings.push(`${gone} and was left out${instead === undefined ? '' : ` (${instead})`}`);
}

function unknownFlag({ request }: Draft, entry: Entry): string {
  const { engine, version, flags } = request.table;
  const known = [...flags.values()].filter(({ removedIn }) => removedIn === undefined).map(({ name }) => name);
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
