import { fieldsAt, numberAt, type Fields } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import type { ScalePaths, Served } from '../resources/resource.ts';
import { badRequest, unknownPath } from '../status.ts';

/** The autoscaling/v1 view of an object that has replicas. */
export function scaleOf(object: KubeObject, served: Served): KubeObject {
  const paths = pathsOf(served);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = numberAt(object, ...paths.specReplicas);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, ...(namespace && { namespace }), uid, resourceVersion, creationTimestamp },
    spec: replicas ? { replicas } : {},
    status: { replicas: numberAt(object, ...paths.statusReplicas) ?? 0, selector: paths.selector(object) },
  };
}

/** The object with the replicas that a Scale asks for. */
export function scaled(object: KubeObject, scale: Fields, served: Served): Fields {
  const replicas = numberAt(scale, 'spec', 'replicas') ?? 0;
  if (!Number.isInteger(replicas) || replicas < 0)
    throw badRequest(`spec.replicas: Invalid value: ${replicas}: must be greater than or equal to 0`);
  const { resourceVersion = object.metadata.resourceVersion } = fieldsAt(scale, 'metadata');
  const metadata = { ...object.metadata, resourceVersion };
  return { ...withValue(object, pathsOf(served).specReplicas, replicas), metadata };
}

function pathsOf({ scale }: Served): ScalePaths {
  if (!scale) throw unknownPath();
  return scale;
}

function withValue(target: Fields, [head = '', ...rest]: readonly string[], value: unknown): Fields {
  return { ...target, [head]: rest.length === 0 ? value : withValue(fieldsAt(target, head), rest, value) };
}
