import { bytesPerGiB } from '../bytes.ts';
import { interval, type Interval } from '../interval.ts';

const gib = bytesPerGiB;
const mib = 1024 ** 2;

function of(value: number, low: number, high: number): Interval {
  return interval(value * gib, low * gib, high * gib);
}

function perLayer(value: number, low: number, high: number): Interval {
  return interval(value * mib, low * mib, high * mib);
}

function perToken(value: number, low: number, high: number): Interval {
  return interval(value * 1024, low * 1024, high * 1024);
}

/** It stays or it does not: nothing between was seen, and both were. */
function share(value: number): Interval {
  return interval(value, 0, 1);
}

/**
 * Constants that no source of vLLM tells: they were taken from measured start-ups. Bounds hold what single start-ups
 * showed, and more where few families showed it: the range that one would expect without any counts as one more family.
 * `tools/bench/sizing/constants.mjs` takes them from the start-ups, and `accuracy.mjs --leave-out` without some of
 * them. Bytes, unless the name says otherwise.
 */
export interface Measured {
  /** What was measured at all (`kindOf`); the rules for other kinds are read in the source and were never held to a log. */
  readonly kinds: ReadonlySet<string>;
  /** Releases of which a start was measured. */
  readonly versions: ReadonlySet<string>;
  /** Outside torch, first runner, one GPU: until 0.17 and later (start-ups of 0.11 to 0.20 on H100). */
  readonly firstOutsideEarly: Interval;
  readonly firstOutside: Interval;
  /** Outside torch with several ranks, before any fused all-reduce (0.11 on H100; nothing on older chips). */
  readonly firstOutsideParallel: Interval;
  readonly firstOutsideParallelOlder: Interval;
  /** TensorRT-LLM's all-reduce: three multicast buffers of 512 MiB (2.06 to 2.21 with the rest in 0.19 on H100). */
  readonly tensorRtAllReduce: Interval;
  /** Outside torch, second runner: below SM90 and from SM90 (0.29 and 0.30). */
  readonly secondOutsideOlder: Interval;
  readonly secondOutside: Interval;
  /** Share of the head's segment that stays reserved after compiling, where cuBLAS's workspace fits no smaller freed block and where it does. */
  readonly heldNarrow: Interval;
  readonly heldWide: Interval;
  /** What the first runner's peak has beside its largest tensors. */
  readonly firstSlack: Interval;
  /** More than the rule says for DeepSeek V4 (two starts of 0.30). */
  readonly uncompiled: Interval;
  /** Loaded per batched token by a pooled sparse indexer, and in no file (three starts of 0.30: 1.1 and 2.1 GiB). */
  readonly pooledIndexPerToken: Interval;
  /** Marlin's work area for AWQ (0.28 and 0.29: 0.13 GiB more than stored). */
  readonly awqWork: Interval;
  /** CUDA graphs of the first runner, one size of one layer (30 estimates of 0.19 on H100). */
  readonly firstGraphDense: Interval;
  readonly firstGraphExperts: Interval;
  readonly firstGraphLatent: Interval;
  /** CUDA graphs of the second runner, one full graph of one layer (0.29 and 0.30); attention on SM90 grows with the heads. */
  readonly secondGraphOlder: Interval;
  readonly secondGraph: Interval;
  readonly secondGraphPerDoubledHeads: Interval;
  readonly secondGraphState: Interval;
  readonly secondGraphLatent: Interval;
  readonly secondGraphLatentOlder: Interval;
  readonly secondGraphCompressed: Interval;
  /** Beside that, once: graphs that are broken at attention, of models that run uncompiled (five estimates of 0.30). */
  readonly brokenGraphs: Interval;
}

export const measured: Measured = {
  kinds: new Set([
    'first runner: attention',
    'first runner: attention, experts',
    'first runner: latent, experts',
    'second runner: attention',
    'second runner: attention, deltaNet, experts',
    'second runner: compressed, experts',
    'second runner: gatedDelta, indexed latent, experts',
    'second runner: latent, experts',
  ]),
  versions: new Set(['0.10', '0.11', '0.15', '0.16', '0.17', '0.18', '0.19', '0.28', '0.29', '0.30']),
  heldNarrow: share(0.547),
  heldWide: share(0.006),
  firstOutsideEarly: of(0.13, 0, 0.234),
  firstOutside: of(0.25, 0.212, 0.309),
  firstOutsideParallel: of(0.57, 0.476, 0.776),
  firstOutsideParallelOlder: of(0.931, 0.515, 1.065),
  tensorRtAllReduce: of(1.5, 1.5, 1.72),
  secondOutsideOlder: of(0.104, 0, 0.497),
  secondOutside: of(0.385, 0, 0.6),
  firstSlack: of(0.054, -0.15, 0.119),
  uncompiled: of(1.65, 0.43, 2.434),
  pooledIndexPerToken: perToken(146.5, 65.4, 213.1),
  awqWork: of(0.139, 0.061, 0.319),
  firstGraphDense: perLayer(0.37, 0.3, 0.41),
  firstGraphExperts: perLayer(0.5, 0.42, 0.59),
  firstGraphLatent: perLayer(0.86, 0.6, 1.1),
  secondGraphOlder: perLayer(0.393, 0.296, 0.615),
  secondGraph: perLayer(0.387, 0.293, 0.945),
  secondGraphPerDoubledHeads: perLayer(0.149, 0.074, 0.175),
  secondGraphState: perLayer(0.627, 0.414, 1.064),
  secondGraphLatent: perLayer(1.357, 0.745, 1.712),
  secondGraphLatentOlder: perLayer(0.628, 0.414, 1.064),
  secondGraphCompressed: perLayer(0.521, 0.2, 1.061),
  brokenGraphs: of(1.313, 0.414, 1.695),
};
