import type { ArchitectureRecord, FlagRecord } from './runtime-record.ts';

/**
 * One file of `presets/runtimes/`. The newest version of an engine is written out; an older one says only how it
 * differs from the next newer one that it is `basedOn`.
 */
export interface RuntimeFile {
  readonly engine: string;
  readonly version: string;
  readonly defaultImage: string;
  /** The version taken when nobody names one. */
  readonly default?: boolean;
  readonly source: string;
  readonly basedOn?: string;
  /** Flags of the newer version that this one lacks. */
  readonly withoutFlags?: readonly string[];
  /** All flags, or with `basedOn` those that differ or are gone from the newer version. */
  readonly flags: readonly FlagEntry[];
  /** Flags that were gone before the oldest version of the catalogue. */
  readonly removedFlags?: readonly FlagEntry[];
  readonly architectures?: readonly ArchitectureRecord[];
  readonly toolCallParsers?: readonly string[];
  readonly reasoningParsers?: readonly string[];
}

/** A FlagRecord whose empty parts are left out. */
export type FlagEntry = Omit<FlagRecord, 'aliases'> & { readonly aliases?: readonly string[] };
