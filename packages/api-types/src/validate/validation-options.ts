/** Facts about the installation that some rules need; this room cannot know them by itself. */
export interface ValidationOptions {
  /**
   * Where nodes come from. With `byo` (the default) nodes exist already and `instanceType` only filters them;
   * with a provisioner `instanceType` is required and partitions are refused.
   */
  readonly nodeProvisioner?: 'byo' | 'azure-gpu-provisioner' | 'karpenter';
  /** NodeClasses that `kaito.sh/node-class-name` may name; only read with `karpenter`. */
  readonly nodeClassNames?: readonly string[];
  /** MIG profiles that the GPUs have; without it only the form of a profile is checked. */
  readonly migProfiles?: readonly string[];
  /** Whether model streaming is on, which makes its annotation immutable. Default false. */
  readonly modelStreaming?: boolean;
}

/** True when nodes are ordered from a provider rather than found. */
export function provisionsNodes(options: ValidationOptions): boolean {
  return options.nodeProvisioner !== undefined && options.nodeProvisioner !== 'byo';
}
