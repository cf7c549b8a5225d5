import type { Deployment, KubeObject, Service, StatefulSet } from '@kaito-ts/kube-runtime';
import type { InferenceObject } from '@kaito-ts/manifest-builder';
import type { LiveObjects } from './live.ts';
import type { Step } from './plan-value.ts';
import { firstDifference, madeByUpdate } from '@kaito-ts/kube-runtime';
import { fieldManager } from '../cluster/kinds.ts';

/** A StatefulSet's fields that the API server never lets change; an existing set keeps its own. */
const immutableFields = ['selector', 'serviceName', 'podManagementPolicy', 'volumeClaimTemplates'] as const;

/** The desired objects as steps: only those that the live ones differ from in a field that we set. */
export function stepsTowards(
  desired: readonly InferenceObject[],
  live: LiveObjects,
  why: string,
): readonly Step[] {
  const workload = desired.find(({ kind }) => kind !== 'Service');
  const obsolete = workload?.kind === 'StatefulSet' ? live.deployment : undefined;
  return [
    ...(obsolete === undefined
      ? []
      : [
          remove('Deployment', obsolete, 'several nodes serve the model together, which takes a StatefulSet'),
        ]),
    ...desired.flatMap((object) => applyStep(adapted(object, live), counterpart(object, live), why)),
    ...(workload?.kind === 'Deployment' && live.headlessService !== undefined
      ? [remove('Service', live.headlessService, 'one node serves the model')]
      : []),
  ];
}

function applyStep(object: InferenceObject, live: KubeObject | undefined, why: string): Step[] {
  if (live === undefined) return [{ kind: 'apply', object, isNew: true, why: 'does not exist yet' }];
  const difference = firstDifference(live, object);
  if (difference === undefined) return [];
  return [...ownFieldsStep(object, live), { kind: 'apply', object, why: `${why} (${difference.path})` }];
}

/** What we created, and did not apply, keeps the fields that we leave out; once applied it does not. */
function ownFieldsStep({ kind, metadata }: InferenceObject, live: KubeObject): Step[] {
  if (!madeByUpdate(live, fieldManager)) return [];
  const { name, namespace = '' } = metadata;
  const why = 'changes for the first time since it was created';
  return [{ kind: 'claimFields', object: { kind, name, namespace }, of: 'ourselves', why }];
}

function counterpart(
  { kind, metadata }: InferenceObject,
  live: LiveObjects,
): Deployment | StatefulSet | Service | undefined {
  if (kind === 'Deployment') return live.deployment;
  if (kind === 'StatefulSet') return live.statefulSet;
  return [live.service, live.headlessService].find((service) => service?.metadata.name === metadata.name);
}

function adapted(object: InferenceObject, { statefulSet }: LiveObjects): InferenceObject {
  if (object.kind !== 'StatefulSet' || statefulSet?.spec === undefined) return object;
  const spec: Record<string, unknown> = { ...object.spec };
  const kept = statefulSet.spec as unknown as Record<string, unknown>;
  for (const field of immutableFields) {
    if (kept[field] === undefined) delete spec[field];
    else spec[field] = kept[field];
  }
  return { ...object, spec } as unknown as InferenceObject;
}

function remove(kind: 'Deployment' | 'Service', object: KubeObject, why: string): Step {
  const { name, namespace = '', uid = '' } = object.metadata;
  return { kind: 'delete', object: { kind, name, namespace }, uid, why };
}
