/**
 * One end-to-end suite, several engines.
 *
 * An `Engine` is a running system: an API server, a node and the operator. On the local and the control-plane engine
 * they are processes of this machine; on the node engine pods are containers, and the operator is what its chart
 * installs. The scenarios say what a user sees and never which engine they run on; a difference between engines is a bug
 * of ours.
 */
export type { BoundedEngine, Engine } from './engine.ts';
export { startNodeEngine, type NodeEngine, type NodeEngineOptions } from './node.ts';
