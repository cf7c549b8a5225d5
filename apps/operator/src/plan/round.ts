import type { NodeSurvey, NodeWarning } from '../provisioner/provisioner.ts';
import type { Cause } from './cause.ts';
import type { Step } from './plan-value.ts';
import type { Readiness } from './readiness.ts';

/** What was decided, before it is told as status. */
export interface Round {
  readonly steps: readonly Step[];
  /** Undefined when the spec is so wrong that no nodes were looked for. */
  readonly survey: NodeSurvey | undefined;
  /** Undefined while it is not known how many nodes the model needs. */
  readonly targetNodeCount?: number | undefined;
  /** Undefined where nodes are not bought. */
  readonly provision?: Provision | undefined;
  /** A fault in what the user wrote, or a name that somebody else has. */
  readonly problem?: Cause | undefined;
  /** Why the model does not fit the nodes there are. */
  readonly shapeCause?: Cause | undefined;
  /** Undefined while there is no workload to be ready. */
  readonly readiness?: Readiness | undefined;
  /** The revision that serves although nothing new can be planned. */
  readonly stillServing?: string | undefined;
  readonly reasons: readonly string[];
}

/** How far the purchase of machines has come. */
export interface Provision {
  /** Why a machine that was ordered, or should be, is not there; undefined while that is not known. */
  readonly cause?: Cause | undefined;
  readonly warnings: readonly NodeWarning[];
  readonly recheckMilliseconds?: number | undefined;
}
