import type { FlagEntry, RuntimeFile } from './runtime-file.ts';
import type { FlagRecord, RuntimeRecord } from './runtime-record.ts';
import { compareVersions, nearestVersion } from './versions.ts';

export interface RuntimeLibrary {
  /**
   * The asked version, or the nearest lower one that is known (else the lowest): compare `version` to see which.
   * Without a version the engine's default one. An unknown engine gives undefined.
   */
  find(engine: string, version?: string): RuntimeRecord | undefined;
  readonly engines: readonly string[];
  /** Ascending. */
  versions(engine: string): readonly string[];
}

/** `read` is called once per engine, when it is first asked for. */
export function createRuntimeLibrary(
  read: Readonly<Record<string, () => readonly RuntimeFile[]>>,
): RuntimeLibrary {
  const filesOf = memoize((engine: string) =>
    (Object.hasOwn(read, engine) ? (read[engine]?.() ?? []) : []).toSorted((a, b) =>
      compareVersions(a.version, b.version),
    ),
  );
  const record = memoize((key: string): RuntimeRecord | undefined => {
    const [engine = '', version = ''] = key.split(' ');
    return buildRecord(filesOf(engine), version);
  });
  const versions = (engine: string): readonly string[] => filesOf(engine).map(({ version }) => version);
  return {
    engines: Object.keys(read),
    versions,
    find(engine, version) {
      const files = filesOf(engine);
      const found =
        version === undefined
          ? (files.find((file) => file.default === true) ?? files.at(-1))?.version
          : nearestVersion(versions(engine), version);
      return found === undefined ? undefined : record(`${engine} ${found}`);
    },
  };
}

function buildRecord(files: readonly RuntimeFile[], version: string): RuntimeRecord | undefined {
  const chain = baseChain(files, version);
  const file = chain[0];
  if (file === undefined) return undefined;
  const flags = flagsOf(files, chain);
  const spellings = spellingsOf(flags);
  const { architectures, toolCallParsers, reasoningParsers } = file;
  return {
    engine: file.engine,
    version: file.version,
    defaultImage: file.defaultImage,
    flags,
    findFlag: (spelling) => spellings.get(canonical(spelling)),
    ...(architectures !== undefined && {
      architectures: new Map(architectures.map((architecture) => [architecture.name, architecture])),
    }),
    ...(toolCallParsers !== undefined && { toolCallParsers }),
    ...(reasoningParsers !== undefined && { reasoningParsers }),
    source: file.source,
  };
}

/** The file of this version, then what it is based on, up to the one written out whole. */
function baseChain(files: readonly RuntimeFile[], version: string): readonly RuntimeFile[] {
  const file = files.find((candidate) => candidate.version === version);
  if (file === undefined) return [];
  return [file, ...(file.basedOn === undefined ? [] : baseChain(files, file.basedOn))];
}

function flagsOf(
  files: readonly RuntimeFile[],
  chain: readonly RuntimeFile[],
): ReadonlyMap<string, FlagRecord> {
  const version = chain[0]?.version ?? '';
  const flags = new Map<string, FlagRecord>();
  for (const file of chain.toReversed()) {
    for (const name of file.withoutFlags ?? []) flags.delete(name);
    for (const entry of file.flags) flags.set(entry.name, stillThere(completed(entry), version));
  }
  for (const gone of removedBefore(files, version)) {
    if (!flags.has(gone.name)) flags.set(gone.name, gone);
  }
  return flags;
}

/** Flags of older versions that this one lacks, with the version that dropped them. */
function removedBefore(files: readonly RuntimeFile[], version: string): readonly FlagRecord[] {
  const older = files.filter((file) => compareVersions(file.version, version) < 0);
  const dropped = older.flatMap((file) =>
    file.flags
      .filter((entry) => entry.removedIn !== undefined && compareVersions(entry.removedIn, version) <= 0)
      .map(completed),
  );
  return [...dropped, ...files.flatMap((file) => file.removedFlags ?? []).map(completed)];
}

/** A version that still has the flag does not tell of its end. */
function stillThere({ removedIn, replacement, ...flag }: FlagRecord, version: string): FlagRecord {
  const gone = removedIn !== undefined && compareVersions(removedIn, version) <= 0;
  return gone ? { ...flag, removedIn, ...(replacement !== undefined && { replacement }) } : flag;
}

function completed(entry: FlagEntry): FlagRecord {
  return { ...entry, aliases: entry.aliases ?? [] };
}

function spellingsOf(flags: ReadonlyMap<string, FlagRecord>): ReadonlyMap<string, FlagRecord> {
  const spellings = new Map<string, FlagRecord>();
  for (const flag of flags.values()) {
    for (const alias of [flag.negation, ...flag.aliases]) {
      if (alias !== undefined) spellings.set(alias, flag);
    }
  }
  for (const flag of flags.values()) spellings.set(flag.name, flag);
  return spellings;
}

/** vLLM's parser takes underscores for dashes in long names. */
function canonical(spelling: string): string {
  const name = spelling.replace(/^-+/, '');
  return name.length === 1 ? name : name.replaceAll('_', '-');
}

function memoize<Value>(compute: (key: string) => Value): (key: string) => Value {
  const known = new Map<string, Value>();
  return (key) => {
    const value = known.has(key) ? (known.get(key) as Value) : compute(key);
    known.set(key, value);
    return value;
  };
}
