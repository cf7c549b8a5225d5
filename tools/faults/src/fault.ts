import type { WritingRights } from './access.ts';
import type { Scene } from './scene.ts';

/** Where a fault happens. */
export type Engine =
  /** Containers on a real kubelet, with the real runtime. */
  | 'containers'
  /** The same, with a program in the runtime's place that says and does what the real one does on hardware. */
  | 'scripted runtime'
  /** Nodes that kwok plays. */
  | 'kwok nodes'
  /** Machines that a fake cloud sells by Karpenter's objects. */
  | 'bought nodes';

export interface Expectation {
  /** The first condition that is not True. */
  readonly condition: 'NodesReady' | 'ResourceReady' | 'InferenceReady' | 'WorkspaceSucceeded';
  /** Belongs to this fault alone. */
  readonly reason: string;
  /** What the message names as the object at fault, `Kind/name`. */
  readonly object: RegExp;
  /** The true cause, in the words of the message. */
  readonly message: RegExp;
}

/** One row: something that goes wrong by real means, what the Workspace must say, and how it is mended. */
export interface Fault {
  readonly name: string;
  readonly engine: Engine;
  /** Makes a Workspace that serves before the fault strikes. Absent: the fault meets a new Workspace. */
  readonly serve?: (scene: Scene) => Promise<void>;
  readonly inject: (scene: Scene) => Promise<void>;
  readonly expect: Expectation;
  /**
   * Mends it as a person would; the Workspace must then become Ready. `byItself`: launcher and kubelet do that without
   * anybody, and may be done before a person has read what was wrong.
   */
  readonly heal?: ((scene: Scene) => Promise<void>) | 'byItself';
  /** What the operator may write in the scene. Default: all that its chart grants. */
  readonly rights?: WritingRights;
  /** Strikes everybody on its ground: waits until the others there are done. */
  readonly alone?: boolean;
}

export interface Outcome {
  readonly fault: Fault;
  readonly condition?: string;
  readonly reason?: string;
  readonly message?: string;
  /** From the fault to the status that tells it. */
  readonly secondsToTell?: number;
  readonly healed: 'answers' | 'ready' | 'not tried';
  /** What did not come as expected; undefined when all did. */
  readonly problem?: string;
}
