/**
 * The runtimes alone: which flags exist, with which types, in which version of which engine.
 *
 * A program that resolves no models (the launcher) imports this subpath and so carries no model data. Nothing is parsed
 * before an engine is first asked for.
 */
import { llamacppRuntimes } from './generated/runtimes-llamacpp.ts';
import { transformersRuntimes } from './generated/runtimes-transformers.ts';
import { vllmRuntimes } from './generated/runtimes-vllm.ts';
import type { RuntimeFile } from './runtime/runtime-file.ts';
import { createRuntimeLibrary, type RuntimeLibrary } from './runtime/runtime-library.ts';

export type { RuntimeFile, FlagEntry } from './runtime/runtime-file.ts';
export type { ArchitectureRecord, FlagRecord, FlagType, RuntimeRecord } from './runtime/runtime-record.ts';
export { flagsInForce, readFlag, type FlagReading, type FlagTable } from './runtime/read-flag.ts';
export { shown, type FlagValue } from './runtime/flag-value.ts';
export { createRuntimeLibrary, type RuntimeLibrary } from './runtime/runtime-library.ts';
export { compareVersions, nearestVersion } from './runtime/versions.ts';

let library: RuntimeLibrary | undefined;

/** The runtimes of `presets/runtimes/`. */
export function embeddedRuntimes(): RuntimeLibrary {
  library ??= createRuntimeLibrary({
    vllm: () => JSON.parse(vllmRuntimes) as readonly RuntimeFile[],
    transformers: () => JSON.parse(transformersRuntimes) as readonly RuntimeFile[],
    llamacpp: () => JSON.parse(llamacppRuntimes) as readonly RuntimeFile[],
  });
  return library;
}
