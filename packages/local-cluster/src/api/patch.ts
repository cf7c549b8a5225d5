import jsonPatch from 'fast-json-patch';
import { isFields, type Fields } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import { mergePatch } from '../patch/merge.ts';
import { strategicMerge } from '../patch/strategic.ts';
import type { Served } from '../resources/registry.ts';
import { resolve } from '../schema/schema.ts';
import { ApiError, badRequest, unsupportedMediaType } from '../status.ts';

export const applyType = 'application/apply-patch+yaml';
const jsonType = 'application/json-patch+json';
const mergeType = 'application/merge-patch+json';
const strategicType = 'application/strategic-merge-patch+json';

function patchTypes(served: Served): readonly string[] {
  const types = [jsonType, mergeType, applyType];
  return served.resource.isCustom ? types : [jsonType, mergeType, strategicType, applyType];
}

/** How a patch of this content type changes an object. */
export function patcher(contentType: string, patch: unknown, served: Served): (live: KubeObject) => Fields {
  if (!patchTypes(served).includes(contentType)) throw unsupportedMediaType(patchTypes(served));
  if (contentType === jsonType) return (live) => fields(operations(live, patch));
  if (!isFields(patch)) throw badRequest('the patch must be an object');
  if (contentType === mergeType) return (live) => fields(mergePatch(live, patch));
  return (live) => fields(strategicMerge(live, patch, resolve(served.version.schema)));
}

function fields(value: unknown): Fields {
  if (!isFields(value)) throw badRequest('the patch leaves no object');
  return value;
}

function operations(live: KubeObject, patch: unknown): unknown {
  if (!Array.isArray(patch))
    throw badRequest('json: cannot unmarshal object into Go value of type jsonpatch.Patch');
  try {
    const copy = structuredClone(live) as object;
    return jsonPatch.applyPatch(copy, structuredClone(patch) as jsonPatch.Operation[], true).newDocument;
  } catch (error) {
    const { name = 'error' } = error as { name?: string };
    const message = `the server rejected our request due to an error in our request: json patch: ${name}`;
    throw new ApiError(422, 'Invalid', message, {});
  }
}
