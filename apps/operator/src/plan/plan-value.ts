import type { WorkspaceStatus } from '@kaito-ts/api-types';
import type { InferenceObject } from '@kaito-ts/manifest-builder';
import type { NodeClaim, NodePool } from '../provisioner/karpenter-objects.ts';

export type WorkloadKind = 'Deployment' | 'StatefulSet';

/** One write; steps are done in order and the first that fails ends the round. */
export type Step =
  | {
      readonly kind: 'apply';
      readonly object: InferenceObject;
      /** It was not there: it is created, which costs the API server a third less than applying it. */
      readonly isNew?: boolean;
      readonly why: string;
    }
  /** Makes the object only if its name is free: one that is there already is left as it is. */
  | { readonly kind: 'create'; readonly object: OrderedObject; readonly why: string }
  /** Writes annotations of an object that is otherwise left as it is. */
  | {
      readonly kind: 'annotate';
      readonly object: ObjectName;
      readonly annotations: Readonly<Record<string, string>>;
      readonly why: string;
    }
  /** Makes fields ours as applied ones, so that the next apply can remove them. */
  | {
      readonly kind: 'claimFields';
      readonly object: ObjectName;
      /** Whose: every field that anybody set, or only those that we set when we created it. */
      readonly of: 'everybody' | 'ourselves';
      readonly why: string;
    }
  /** Sets spec.replicas; with a resourceVersion, unless somebody has written the object since it was read. */
  | {
      readonly kind: 'scale';
      readonly object: ObjectName;
      readonly replicas: number;
      readonly resourceVersion: string | undefined;
      readonly why: string;
    }
  | { readonly kind: 'delete'; readonly object: ObjectName; readonly uid: string; readonly why: string }
  /** Keeps the Workspace until what was bought for it is gone. */
  | { readonly kind: 'holdFinalizer'; readonly finalizer: string; readonly why: string }
  | {
      readonly kind: 'releaseFinalizer';
      readonly finalizer: string;
      /** Of these nothing may be left: the API server itself is asked first, for caches may be behind. */
      readonly unlessLeft?: readonly OrderedObject['kind'][];
      readonly why: string;
    };

/** What the provider is asked for. */
export type OrderedObject =
  | (NodePool & { readonly kind: 'NodePool' })
  | (NodeClaim & { readonly kind: 'NodeClaim' });

export interface ObjectName {
  readonly kind: WorkloadKind | 'Service' | 'Pod' | 'NodePool' | 'NodeClaim';
  readonly namespace: string;
  readonly name: string;
}

/** `Kind/name` of what a step writes, for people. */
export function nameOfStep(step: Step): string {
  if (step.kind === 'releaseFinalizer' || step.kind === 'holdFinalizer') return `finalizer/${step.finalizer}`;
  return step.kind === 'apply' || step.kind === 'create'
    ? `${step.object.kind}/${step.object.metadata.name}`
    : `${step.object.kind}/${step.object.name}`;
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
  /** After which time alone may change the plan. */
  readonly recheckMilliseconds?: number | undefined;
}
