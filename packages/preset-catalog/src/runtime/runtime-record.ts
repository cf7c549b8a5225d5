import type { JsonValue } from '../json-value.ts';

export const flagTypes = ['boolean', 'string', 'int', 'float', 'json', 'list'] as const;
export type FlagType = (typeof flagTypes)[number];

/** A command line flag, by its name without dashes in front. */
export interface FlagRecord {
  readonly name: string;
  readonly type: FlagType;
  /** Allowed values; with `openChoices` others are possible. */
  readonly choices?: readonly JsonValue[];
  readonly openChoices?: boolean;
  readonly default?: JsonValue;
  /** Flag that says the opposite, for booleans that have one. */
  readonly negation?: string;
  readonly aliases: readonly string[];
  /** Accepts `none`-like absence: YAML null means "leave it out". */
  readonly nullable?: boolean;
  /** Takes 1k = 1000 and 1K = 1024. */
  readonly humanReadable?: boolean;
  /** Words that are allowed beside the type, such as `auto`. */
  readonly words?: readonly string[];
  /** A JSON flag that takes a plain text in place of a JSON object. */
  readonly plainText?: boolean;
  /** Type of a list's items. */
  readonly itemType?: FlagType;
  /** How a list is written: one flag and many values, or the flag again for each. */
  readonly listStyle?: 'values' | 'repeated' | 'comma';
  readonly deprecated?: string;
  /** First version (known to the catalogue) without it; the flag must not be passed on. */
  readonly removedIn?: string;
  /** Flag that took its place. */
  readonly replacement?: string;
  readonly note?: string;
}

export interface ArchitectureRecord {
  readonly name: string;
  readonly lora?: boolean;
  readonly pipelineParallel?: boolean;
  readonly multimodal?: boolean;
  readonly hybrid?: boolean;
}

/** One version of a runtime. */
export interface RuntimeRecord {
  readonly engine: string;
  readonly version: string;
  /** Stock image; a registry prefix is the user's choice. */
  readonly defaultImage: string;
  /** Flags by name, those of older versions included: they carry `removedIn`. */
  readonly flags: ReadonlyMap<string, FlagRecord>;
  /** Finds a flag by name, alias or negation, dashes or underscores. */
  readonly findFlag: (spelling: string) => FlagRecord | undefined;
  /** Model classes it can serve; absent = not known for this version. */
  readonly architectures?: ReadonlyMap<string, ArchitectureRecord>;
  readonly toolCallParsers?: readonly string[];
  readonly reasoningParsers?: readonly string[];
  /** How the facts were obtained. */
  readonly source: string;
}
