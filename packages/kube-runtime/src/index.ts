/**
 * A thin controller runtime: what a program needs to watch one kind of Kubernetes objects and to bring others in line.
 *
 * The nouns, in the order in which data meets them:
 * - `ClusterAccess` and `Transport`: where the API server is, who we are, pooled connections.
 * - `KubeClient`: typed calls on a `ResourceKind`; errors are `KubeApiError` (it said no), `KubeConnectionError`
 *   (no answer) and `MalformedResponseError` (an answer no API server would send).
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
