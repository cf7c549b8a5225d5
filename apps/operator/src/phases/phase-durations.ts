import type { Pod } from '@kaito-ts/kube-runtime';

/** The way of a revision to its first answer. The first four follow each other, and the last is all of them together. */
export type Phase = 'claim' | 'node' | 'image' | 'load' | 'first_answer';

export interface PhaseDuration {
  readonly phase: Phase;
  readonly seconds: number;
}

/** Times of a NodeClaim, as the API server writes times; undefined for what has not happened. */
export interface ClaimTimes {
  readonly created: string | undefined;
  readonly launched: string | undefined;
  readonly ready: string | undefined;
}

export interface PhaseObservation {
  /** The ready pods of the revision. */
  readonly pods: readonly Pod[];
  /** All that the Workspace has; those of an earlier revision, whose nodes were there before, do not count. */
  readonly claims: readonly ClaimTimes[];
}

/**
 * How long each phase took, by the times that the cluster itself wrote; of several pods or claims the slowest counts.
 *
 * - `claim`: from the NodeClaim to its machine. Left out when there was none to wait for.
 * - `node`: from there, or else from the pod's making, to the pod's place on a node.
 * - `image`: from there to the start of the runtime's container: images pulled, weights and adapters laid in place.
 * - `load`: from there to the pod's readiness: adapters fused, model loaded, a first request answered.
 * - `first_answer`: from the claim, or else from the pod's making, to that answer.
 *
 * A container that was started again no longer says when its first attempt began: then `image` and `load` are left out.
 */
export function phaseDurations({ pods, claims }: PhaseObservation): readonly PhaseDuration[] {
  const made = earliest(pods.map(({ metadata }) => metadata.creationTimestamp));
  const awaited = claims.filter(({ ready }) => (between(ready, made) ?? Infinity) <= handoverSeconds);
  const begun = earliest(awaited.map(({ created }) => created));
  const launched = latest(awaited.map((claim) => claim.launched));
  const ways = pods.map((pod) => wayOf(pod, { begun, launched }));
  const all = [{ phase: 'claim', seconds: between(begun, launched) } as const, ...ways.flat()];
  return phaseOrder.flatMap((phase) => {
    const known = all.flatMap((each) =>
      each.phase === phase && each.seconds !== undefined ? [each.seconds] : [],
    );
    return known.length === 0 ? [] : [{ phase, seconds: Math.max(0, ...known) }];
  });
}

/** Pods that waited for a node are made at the latest so long after it was ready. */
const handoverSeconds = 60;

const phaseOrder: readonly Phase[] = ['claim', 'node', 'image', 'load', 'first_answer'];

interface Measured {
  readonly phase: Phase;
  readonly seconds: number | undefined;
}

interface ClaimsSpan {
  readonly begun: string | undefined;
  readonly launched: string | undefined;
}

function wayOf(pod: Pod, { begun, launched }: ClaimsSpan): readonly Measured[] {
  const created = pod.metadata.creationTimestamp;
  const placed = since(pod, 'PodScheduled');
  const answered = since(pod, 'Ready');
  const started = firstStart(pod);
  return [
    { phase: 'node', seconds: between(latest([created, launched]), placed) },
    { phase: 'image', seconds: between(placed, started) },
    { phase: 'load', seconds: between(started, answered) },
    { phase: 'first_answer', seconds: between(earliest([begun, created]), answered) },
  ];
}

/** When a condition became true. */
function since({ status }: Pod, type: string): string | undefined {
  const condition = status?.conditions?.find((each) => each.type === type && each.status === 'True');
  return condition?.lastTransitionTime;
}

function firstStart({ status }: Pod): string | undefined {
  const [main] = status?.containerStatuses ?? [];
  return main?.restartCount === 0 ? main.state?.running?.startedAt : undefined;
}

function between(from: string | undefined, to: string | undefined): number | undefined {
  if (from === undefined || to === undefined) return undefined;
  return (Date.parse(to) - Date.parse(from)) / 1000;
}

function earliest(times: readonly (string | undefined)[]): string | undefined {
  return sorted(times)[0];
}

function latest(times: readonly (string | undefined)[]): string | undefined {
  return sorted(times).at(-1);
}

function sorted(times: readonly (string | undefined)[]): readonly string[] {
  return times
    .filter((time) => time !== undefined)
    .toSorted((left, right) => Date.parse(left) - Date.parse(right));
}
