import type { KubeObject } from './object.ts';

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Of one try. Default 30 s. */
  readonly timeoutMilliseconds?: number;
}

export interface WriteOptions extends CallOptions {
  readonly fieldManager?: string;
  /** Checks and admits, but stores nothing. */
  readonly dryRun?: boolean;
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
}

export interface ApplyOptions extends WriteOptions {
  readonly fieldManager: string;
  /** Take fields over that another manager owns. Default false: such a field is a Conflict. */
  readonly force?: boolean;
}

export interface SelectorOptions extends CallOptions {
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

export interface ListOptions extends SelectorOptions {
  /** Objects per page; all pages are fetched. Default 500. */
  readonly pageSize?: number;
  readonly resourceVersion?: string;
}

export interface WatchOptions extends SelectorOptions {
  readonly resourceVersion?: string;
  /** Begin with all objects as ADDED events, ended by a bookmark (Kubernetes' watch-list). */
  readonly sendInitialEvents?: boolean;
  /** After which the server ends the watch. */
  readonly timeoutSeconds?: number;
}

export interface DeleteOptions extends CallOptions {
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly gracePeriodSeconds?: number;
  readonly preconditions?: {
    readonly uid?: string | undefined;
    readonly resourceVersion?: string | undefined;
  };
}

export interface LogOptions extends CallOptions {
  readonly container?: string;
  readonly follow?: boolean;
  readonly previous?: boolean;
  readonly timestamps?: boolean;
  readonly tailLines?: number;
  readonly sinceSeconds?: number;
  readonly limitBytes?: number;
}

export type Patch =
  | { readonly type: 'json'; readonly operations: readonly JsonPatchOperation[] }
  | { readonly type: 'merge'; readonly value: Readonly<Record<string, unknown>> };

export interface JsonPatchOperation {
  readonly op: 'add' | 'remove' | 'replace' | 'test' | 'move' | 'copy';
  readonly path: string;
  readonly value?: unknown;
  readonly from?: string;
}

/** What may be applied: an object with only the fields that its manager wants. */
export type Applied<Object extends KubeObject> = KubeObject & DeepPartial<Omit<Object, 'metadata'>>;

type DeepPartial<T> = T extends readonly (infer Item)[]
  ? readonly DeepPartial<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]?: DeepPartial<T[Key]> | undefined }
    : T;
