/**
 * A thin controller runtime: what a program needs to watch one kind of Kubernetes objects and to bring others in line.
 *
 * The nouns, in the order in which data meets them:
 * - `ClusterAccess` and `Transport`: where the API server is, who we are, pooled connections.
 * - `KubeClient`: typed calls on a `ResourceKind`; errors are `KubeApiError` (it said no), `KubeConnectionError`
 *   (no answer) and `MalformedResponseError` (an answer no API server would send).
 * - `Reflector` keeps an `IndexedStore` equal to the server; its changes put keys on a `WorkQueue`.
 * - A `Controller` takes keys and reconciles; `done`, `requeueAfter` and `TerminalError` say what comes next.
 * - `createManager` starts and stops all of it in order, on one of several replicas by `LeaderElector`.
 * - `applyIfChanged` writes only what differs (`fieldsDiffer`); `EventRecorder` tells people.
 *
 * It knows Kubernetes' machinery and no product: kinds beyond the built-in ones are given by the caller. Time and
 * randomness are parameters (`Clock`, `Random`); nothing reads the environment or handles signals by itself.
 */
export { systemClock, systemRandom, sleep, type Clock, type Random, type Timer } from './clock.ts';
export { createClient, type ClientOptions, type KubeClient } from './client.ts';
export type {
  Applied,
  ApplyOptions,
  CallOptions,
  DeleteOptions,
  JsonPatchOperation,
  ListOptions,
  LogOptions,
  Patch,
  SelectorOptions,
  WatchOptions,
  WriteOptions,
} from './client-options.ts';
export type { ObjectList } from './decode.ts';
export {
  ignoreNotFound,
  isAlreadyExists,
  isConflict,
  isForbidden,
  isGone,
  isInvalid,
  isNotFound,
  isTransient,
  KubeApiError,
  KubeConnectionError,
  MalformedResponseError,
  type KubeStatus,
  type StatusCause,
} from './errors.ts';
export * from './kinds.ts';
export { loadKubeconfig, type ClusterAccess, type KubeconfigOptions } from './kubeconfig.ts';
export { KubeconfigError } from './kubeconfig-fields.ts';
export type { Credentials } from './credentials.ts';
export {
  controllerOf,
  keyOf,
  refKey,
  refOfKey,
  type KubeObject,
  type ObjectMeta,
  type ObjectRef,
  type OwnerReference,
} from './object.ts';
export { apiVersionOf, resourcePath, type ResourceKind, type ResourceLocation } from './resource-kind.ts';
export { defaultRetryPolicy, type RetryPolicy } from './retry.ts';
export {
  createTransport,
  type StreamResponse,
  type TextResponse,
  type Transport,
  type TransportOptions,
  type TransportRequest,
} from './transport.ts';
export type { WatchEvent } from './watch-event.ts';

export {
  applyIfChanged,
  applyStatusIfChanged,
  whyApply,
  type ApplyIfChangedOptions,
  type ApplyResult,
} from './apply-if-changed.ts';
export { backoffMilliseconds, type BackoffRange } from './backoff.ts';
export {
  createController,
  type Controller,
  type ControllerOptions,
  type Reconcile,
  type ReconcileContext,
} from './controller.ts';
export { EventRecorder, type EventRecorderOptions } from './event-recorder.ts';
export { referenceTo, type ObjectReference, type RecordedEvent } from './event-series.ts';
export { fieldsDiffer, firstDifference, firstDifferenceIn, type Difference } from './fields-differ.ts';
export { IndexedStore, type Change, type Indexers, type ReadonlyStore } from './indexed-store.ts';
export { LeaderElector, LeadershipLostError, type LeaderElectorOptions } from './leader-elector.ts';
export { silentLogger, type Logger } from './logger.ts';
export { keepManagedFields, madeByUpdate, type KeptManagedFields } from './managed-fields.ts';
export { shareStructure } from './share-structure.ts';
export {
  createManager,
  type Cache,
  type Manager,
  type ManagerOptions,
  type Readiness,
  type Runnable,
} from './manager.ts';
export {
  noMetrics,
  prometheusMetrics,
  type QueueReading,
  type ReconcileResult,
  type RuntimeMetrics,
} from './metrics.ts';
export { done, requeueAfter, TerminalError, type Outcome } from './outcome.ts';
export { parseQuantity } from './quantity.ts';
export { Reflector, type ReflectorOptions, type ReflectorStatistics } from './reflector.ts';
export { WorkQueue, type WorkQueueOptions } from './work-queue.ts';
