import type { Deployment, KubeObject, Service, StatefulSet } from '@kaito-ts/kube-runtime';
import type { Cause } from './cause.ts';
import type { Observation } from './observation.ts';
import { annotations, conditionReasons } from '@kaito-ts/api-types';
import { controllerOf } from '@kaito-ts/kube-runtime';

/** What is there and is this Workspace's own. */
export interface LiveObjects {
  readonly deployment: Deployment | undefined;
  readonly statefulSet: StatefulSet | undefined;
  readonly service: Service | undefined;
  readonly headlessService: Service | undefined;
  /** The one that serves: a StatefulSet is kept where there is one. */
  readonly workload: Deployment | StatefulSet | undefined;
  /** An object of a name that we need belongs to somebody else. */
  readonly conflict: Cause | undefined;
}

export function liveObjects(observation: Observation): LiveObjects {
  const { workspace, deployment, statefulSet, service, headlessService } = observation;
  const { uid } = workspace.metadata;
  const own = <T extends KubeObject>(object: T | undefined): T | undefined =>
    object !== undefined && controllerOf(object)?.uid === uid ? object : undefined;
  const foreign = [
    { kind: 'StatefulSet', object: statefulSet },
    { kind: 'Deployment', object: deployment },
    { kind: 'Service', object: service },
    { kind: 'Service', object: headlessService },
  ].find(({ object }) => object !== undefined && own(object) === undefined);
  return {
    deployment: own(deployment),
    statefulSet: own(statefulSet),
    service: own(service),
    headlessService: own(headlessService),
    workload: own(statefulSet) ?? own(deployment),
    conflict: foreign?.object === undefined ? undefined : conflictWith(foreign.kind, foreign.object),
  };
}

function conflictWith(kind: string, object: KubeObject): Cause {
  const owner = controllerOf(object);
  const belongs =
    owner === undefined
      ? 'was not made by kaito'
      : `belongs to ${owner.kind}/${owner.name} (uid ${owner.uid})`;
  return {
    reason: kind === 'Service' ? conditionReasons.ServiceNameTaken : conditionReasons.WorkloadConflict,
    object: `${kind}/${object.metadata.name}`,
    cause: `${belongs} and has the name that this Workspace needs`,
    nextStep: 'delete or rename it, or give the Workspace another name',
    severity: 'failed',
  };
}

export function revisionOfWorkload(workload: Deployment | StatefulSet | undefined): string | undefined {
  return workload?.metadata.annotations?.[annotations.revision];
}

/** `Kind/name` of the workload, for messages. */
export function workloadNameOf({ statefulSet, workload }: LiveObjects): string {
  return `${statefulSet === undefined ? 'Deployment' : 'StatefulSet'}/${workload?.metadata.name ?? ''}`;
}
