/**
 * One end-to-end suite, several engines.
 *
 * An `Engine` is a running system: an API server, process-kubelet and the operator, all as separate processes. The
 * scenarios say what a user sees and never which engine they run on; a difference between engines is a bug of ours.
 */
export type { Engine } from './engine.ts';
