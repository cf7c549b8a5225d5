/**
 * The entrypoint of a model's main container.
 *
 * Knows the three runtimes (how each takes its command line, its adapters, its model names) and what a client may see of
 * them. Owns the public port from its first second; prepares configuration and adapters in a process of its own; starts
 * the runtime behind a private endpoint; has it answer a canary of the kind that the model is for; then proxies, drains
 * and, when the runtime dies, leaves the class of the failure in the termination message.
 *
 * Refuses to know Kubernetes objects: what it is told comes by environment variables or flags (`settingDefinitions`), what
 * it tells leaves by HTTP, exit code and termination message.
 *
 * Nouns: a {@link Settings} is the order, an {@link Engine} a runtime as data, a {@link Preparation} what has to lie ready
 * before the runtime starts, a {@link State} where the launcher is in its life, a {@link Failure} why it ended.
 */
export type { Engine, EngineName, Endpoint, Delivery, Route } from './engines/engine.ts';
export { engineNames, engineOf, engines } from './engines/index.ts';
export { failureClasses, LauncherError, type Failure, type FailureClass } from './failure/failure.ts';
export { runtimeMessages, type RuntimeMessage } from './failure/runtime-messages.ts';
export { assembleLauncherRoot, type LauncherRootOptions } from './image/assemble-launcher-root.ts';
export type { Preparation } from './prepare/preparation.ts';
export { settingDefinitions } from './settings/definitions.ts';
export type { AdapterSetting, Settings } from './settings/settings.ts';
export type { Phase, State } from './state/machine.ts';
export type { LauncherStatus } from './state/status.ts';
