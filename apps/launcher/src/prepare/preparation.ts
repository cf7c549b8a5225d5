import type { Delivery } from '../engines/engine.ts';

/** What has to be known before the runtime can be started; plain data, it crosses a process boundary. */
export interface Preparation {
  readonly delivery: Delivery;
  readonly engineVersion: string;
  readonly flags: readonly (readonly [name: string, words: readonly string[]])[];
  readonly knownFlags: readonly string[];
  readonly warnings: readonly string[];
}

export interface PreparationHooks {
  /** The configuration was read and is sound; adapters come next. */
  readonly onConfigRead: () => void;
}
