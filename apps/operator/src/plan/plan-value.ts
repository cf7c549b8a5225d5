import type { WorkspaceStatus } from '@kaito-ts/api-types';
import type { InferenceObject } from '@kaito-ts/manifest-builder';

export type WorkloadKind = 'Deployment' | 'StatefulSet';

/** One write; steps are done in order and the first that fails ends the round. */
export type Step =
  | { readonly kind: 'apply'; readonly object: InferenceObject; readonly why: string }
  /** Writes annotations of an object that is otherwise left as it is. */
  | {
      readonly kind: 'annotate';
      readonly object: ObjectName;
      readonly annotations: Readonly<Record<string, string>>;
      readonly why: string;
    }
  /** Makes us the owner of every field that another controller applied, so that the next apply can remove them. */
  | { readonly kind: 'claimFields'; readonly object: ObjectName; readonly why: string }
  | { readonly kind: 'delete'; readonly object: ObjectName; readonly uid: string; readonly why: string }
  | { readonly kind: 'releaseFinalizer'; readonly finalizer: string; readonly why: string };

export interface ObjectName {
  readonly kind: WorkloadKind | 'Service' | 'Pod';
  readonly namespace: string;
  readonly name: string;
}

export interface PlannedEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** What one round will do and why; printing it explains the operator. */
export interface Plan {
  readonly steps: readonly Step[];
  /** Undefined when there is nobody left to tell. */
  readonly status: WorkspaceStatus | undefined;
  /** Those that go with the status. */
  readonly events: readonly PlannedEvent[];
  readonly reasons: readonly string[];
}
