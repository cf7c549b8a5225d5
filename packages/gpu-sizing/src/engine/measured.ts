import { bytesPerGiB } from '../bytes.ts';

const gib = bytesPerGiB;
const mib = 1024 ** 2;

/**
 * Constants that no source of vLLM tells: they were taken from measured start-ups (`tools/bench/sizing/accuracy.mjs
 * --leave-out` takes them again without some of them). Bytes, unless the name says otherwise.
 */
export interface Measured {
  /** Outside torch, first runner, one GPU: until 0.17 and later (start-ups of 0.11 to 0.20 on H100). */
  readonly firstOutsideEarly: number;
  readonly firstOutside: number;
  /** Outside torch with several ranks, before any fused all-reduce (0.11 on H100; nothing on older chips). */
  readonly firstOutsideParallel: number;
  readonly firstOutsideParallelOlder: number;
  /** TensorRT-LLM's all-reduce: three multicast buffers of 512 MiB (2.06 to 2.21 with the rest in 0.19 on H100). */
  readonly tensorRtAllReduce: number;
  /** Outside torch, second runner: below SM90 and from SM90 (0.29 and 0.30). */
  readonly secondOutsideOlder: number;
  readonly secondOutside: number;
  /** Share of the head that stays reserved after compiling: 10 of 21 starts of 0.29 and 0.30 kept all of it. */
  readonly heldShare: number;
  /** What the first runner's peak has beside its largest tensors. */
  readonly firstSlack: number;
  /** More than the rule says for DeepSeek V4 (two starts of 0.30). */
  readonly uncompiled: number;
  /** Loaded per batched token by a pooled sparse indexer, and in no file (three starts of 0.30: 1.1 and 2.1 GiB). */
  readonly pooledIndexPerToken: number;
  /** Marlin's work area for AWQ (0.28 and 0.29: 0.13 GiB more than stored). */
  readonly awqWork: number;
  /** CUDA graphs of the first runner, one size of one layer (30 estimates of 0.19 on H100). */
  readonly firstGraphDense: number;
  readonly firstGraphExperts: number;
  readonly firstGraphLatent: number;
  /** CUDA graphs of the second runner, one full graph of one layer (0.29 and 0.30); attention on SM90 grows with the heads. */
  readonly secondGraphOlder: number;
  readonly secondGraph: number;
  readonly secondGraphPerDoubledHeads: number;
  readonly secondGraphState: number;
  readonly secondGraphLatent: number;
  readonly secondGraphLatentOlder: number;
  readonly secondGraphCompressed: number;
}

export const measured: Measured = {
  firstOutsideEarly: 0.13 * gib,
  firstOutside: 0.25 * gib,
  firstOutsideParallel: 0.55 * gib,
  firstOutsideParallelOlder: 0.6 * gib,
  tensorRtAllReduce: 1.55 * gib,
  secondOutsideOlder: 0.109 * gib,
  secondOutside: 0.3 * gib,
  heldShare: 0.45,
  firstSlack: 0.05 * gib,
  uncompiled: 1.6 * gib,
  pooledIndexPerToken: 128 * 1024,
  awqWork: 0.125 * gib,
  firstGraphDense: 0.37 * mib,
  firstGraphExperts: 0.5 * mib,
  firstGraphLatent: 0.86 * mib,
  secondGraphOlder: 0.365 * mib,
  secondGraph: 0.386 * mib,
  secondGraphPerDoubledHeads: 0.152 * mib,
  secondGraphState: 0.6 * mib,
  secondGraphLatent: 1.39 * mib,
  secondGraphLatentOlder: 0.63 * mib,
  secondGraphCompressed: 1.1 * mib,
};
