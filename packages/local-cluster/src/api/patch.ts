import jsonPatch from 'fast-json-patch';
import { isFields, type Fields } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import type { Served } from '../resources/resource.ts';
import { resolve } from '../schema/schema.ts';
import { ApiError, badRequest, unsupportedMediaType } from '../status.ts';
import { strategicMerge } from './strategic-merge.ts';

export const applyType = 'application/apply-patch+yaml';

/** How a patch of this content type changes an object. */
export function patcher(
  contentType: string,
  patch: unknown,
  { isCustom, schema }: Served,
): (live: KubeObject) => Fields {
  const patches: Record<string, (live: KubeObject) => unknown> = {
    'application/json-patch+json': (live) => operations(live, patch),
    'application/merge-patch+json': (live) => mergePatch(live, patch),
  };
  if (!isCustom)
    patches['application/strategic-merge-patch+json'] = (live) =>
      strategicMerge(live, patch, resolve(schema));
  const apply = patches[contentType];
  if (!apply) throw unsupportedMediaType([...Object.keys(patches), applyType]);
  return (live) => {
    const next = apply(live);
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
    return jsonPatch.applyPatch<unknown>(live, patch as jsonPatch.Operation[], true, false).newDocument;
  } catch (error) {
    const { name = 'error' } = error as { name?: string };
    const message = `the server rejected our request due to an error in our request: json patch: ${name}`;
    throw new ApiError(422, 'Invalid', message, {});
  }
}
