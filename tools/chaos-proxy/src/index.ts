/**
 * Stands between one program and a Kubernetes API server and fails a share of its calls: refusals (409, 429, 500),
 * delays, answers that break off or get lost after the API server has acted, and watches that end at any moment.
 * Which call meets which mishap comes from a seed; the real API server behind it stays as it is.
 * `startWriteGate` fails nothing by chance: it ends the program just before or just after a chosen write.
 */
export { startChaosProxy, type ChaosProxy, type ChaosProxyOptions } from './chaos-proxy.ts';
export { mishaps, seededRandom, type Mishap } from './mishap.ts';
export {
  startWriteGate,
  type PassingWrite,
  type Trap,
  type WriteGate,
  type WriteGateOptions,
} from './write-gate.ts';
