/** One kind of accelerator; absent = unknown. */
export interface GpuModel {
  readonly name: string;
  readonly vendor: 'nvidia' | 'amd' | 'aws';
  /** Spellings of `nvidia.com/gpu.product`, clouds and people. */
  readonly aliases: readonly string[];
  readonly architecture?: string;
  readonly computeCapability?: number;
  readonly multiprocessors?: number;
  /** The seller's size; the real one is smaller. */
  readonly nominalMemoryGiB?: number;
  /** What cudaMemGetInfo reports as total. */
  readonly realMemoryBytes?: number;
  /** Range of totals printed in start-up logs. */
  readonly reportedMemoryGiB?: readonly [low: number, high: number];
  /** One sixteenth of the memory holds check bits. */
  readonly inlineEcc?: boolean;
  readonly migProfiles?: readonly MigProfile[];
  readonly sources: Readonly<Record<string, string>>;
}

/** A slice of a GPU, requested as `nvidia.com/mig-<name>`. */
export interface MigProfile {
  readonly name: string;
  readonly slices: number;
  readonly nominalMemoryGiB: number;
}

export interface InstancePrice {
  readonly perHour: number;
  readonly currency: 'USD';
  readonly region: string;
  readonly kind: string;
  /** ISO date of the price list. */
  readonly date: string;
  readonly source: string;
  readonly lowest?: { readonly perHour: number; readonly region: string };
}

export type Provider = 'azure' | 'aws' | 'arc';

/** A machine size; absent = unknown. */
export interface InstanceType {
  readonly name: string;
  readonly provider: Provider;
  /** Name of a GpuModel. */
  readonly gpu?: string;
  readonly gpuCount?: number;
  readonly nominalMemoryGiBPerGpu?: number;
  /** Per GPU, as the cloud's own API tells it (nominal or decimal, not what CUDA sees). */
  readonly cloudReportedMemoryMiBPerGpu?: number;
  readonly vcpus?: number;
  readonly hostMemoryMiB?: number;
  readonly localNvme?: boolean;
  readonly localNvmeGB?: number;
  readonly price?: InstancePrice;
  /** Other names in use for the same size. */
  readonly aliases?: readonly string[];
  /** ISO date after which it can no longer be had. */
  readonly retired?: string;
  /** Whether upstream's own table has it. */
  readonly inUpstream: boolean;
  readonly source?: string;
  readonly notes?: readonly string[];
}

/** One profile of slices on a node with the MIG strategy "mixed". */
export interface LabelledSlice {
  readonly profile: MigProfile;
  readonly count?: number;
  readonly memoryBytes?: number;
  /** The GPU that is cut, as the catalogue knows it. */
  readonly model?: GpuModel;
}

/** What the labels of a node say about its GPUs. */
export interface LabelledGpu {
  /** Value of the product label. */
  readonly product: string;
  /** The product as the catalogue knows it; absent when it does not. */
  readonly model?: GpuModel;
  /** Memory of one device (or MIG slice), from the label, else from the model; absent when neither says. */
  readonly memoryBytes?: number;
  readonly memorySource?: 'label' | 'model';
  readonly count?: number;
  readonly computeCapability?: number;
  /** Every GPU of the node is cut into slices of this profile (MIG strategy "single"). */
  readonly mig?: MigProfile;
  /** Slices that have resources of their own (MIG strategy "mixed"). */
  readonly slices?: readonly LabelledSlice[];
  /** Labels that are absent or no number. */
  readonly missing: readonly string[];
}
