import jsonPatch from 'fast-json-patch';
import { isFields, type Fields } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import type { Served } from '../resources/registry.ts';
import { resolve } from '../schema/schema.ts';
import { ApiError, badRequest, unsupportedMediaType } from '../status.ts';
import { strategicMerge } from './strategic-merge.ts';

export const applyType = 'application/apply-patch+yaml';
const strategicType = 'application/strategic-merge-patch+json';

type Patch = (live: KubeObject, patch: unknown, served: Served) => unknown;

const patches: Readonly<Record<string, Patch>> = {
  'application/json-patch+json': operations,
  'application/merge-patch+json': mergePatch,
  [strategicType]: (live, patch, { version }) => strategicMerge(live, patch, resolve(version.schema)),
};

/** How a patch of this content type changes an object. */
export function patcher(contentType: string, patch: unknown, served: Served): (live: KubeObject) => Fields {
  const known = Object.keys(patches).filter((type) => type !== strategicType || !served.resource.isCustom);
  const apply = known.includes(contentType) ? patches[contentType] : undefined;
  if (!apply) throw unsupportedMediaType([...known, applyType]);
  return (live) => {
    const next = apply(live, patch, served);
    if (!isFields(next)) throw badRequest('the patch leaves no object');
    return next;
  };
}

/** JSON merge patch (RFC 7386). */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const result: Fields = isFields(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = mergePatch(result[name], value);
  }
  return result;
}

function operations(live: KubeObject, patch: unknown): unknown {
  if (!Array.isArray(patch))
    throw badRequest('json: cannot unmarshal object into Go value of type jsonpatch.Patch');
  try {
    const copy: object = structuredClone(live);
    return jsonPatch.applyPatch(copy, structuredClone(patch) as jsonPatch.Operation[], true).newDocument;
  } catch (error) {
    const { name = 'error' } = error as { name?: string };
    const message = `the server rejected our request due to an error in our request: json patch: ${name}`;
    throw new ApiError(422, 'Invalid', message, {});
  }
}
