import { equal, textAt, type Fields } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import type { Served } from '../resources/registry.ts';
import { apiVersionOf } from '../resources/resource.ts';
import { evaluateRules, hasRules } from '../schema/cel.ts';
import { validate } from '../schema/validate.ts';
import { badRequest, cause, invalid, type Cause } from '../status.ts';
import { checkMetadata } from './names.ts';
import type { Target } from './objects.ts';

/** What an object says of itself must agree with where it is sent. */
export function checkIdentity({ served, namespace, name }: Target, input: Fields): void {
  const { resource, version } = served;
  const expected = apiVersionOf(resource, version.name);
  const { apiVersion = expected, kind = resource.kind } = input;
  const [itsNamespace, itsName] = [textAt(input, 'metadata', 'namespace'), textAt(input, 'metadata', 'name')];
  if (kind !== resource.kind)
    throw badRequest(`${String(kind)} in version "${version.name}" cannot be handled as a ${resource.kind}`);
  if (String(apiVersion).split('/')[0] !== expected.split('/')[0])
    throw badRequest(
      `the API version in the data (${String(apiVersion)}) does not match the expected API version (${expected})`,
    );
  if (itsNamespace && itsNamespace !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  if (itsName && itsName !== name)
    throw badRequest(`the name of the object (${itsName}) does not match the name on the URL (${name})`);
}

/** After such faults a rule could not even be evaluated. */
const blocksRules = new Set(
  ['Required', 'TooLong', 'TooMany', 'TypeInvalid'].map((type) => `FieldValue${type}`),
);
const unchecked: Cause = cause(
  'Invalid',
  '',
  'null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
);

/** Refuses an object that its schema, its rules, or the checks of its kind do not allow. */
export function checkObject({ resource, version }: Served, next: KubeObject, live?: KubeObject): void {
  const faults = validate(next, version.schema, live);
  refuseUndecodable(resource, version.name, faults);
  const causes = live && equal(live.metadata, next.metadata) ? [] : checkMetadata(next, resource);
  causes.push(...faults);
  if (faults.length === 0) causes.push(...(resource.check?.(next, live) ?? []));
  if (!faults.some(({ reason }) => blocksRules.has(reason)))
    causes.push(...evaluateRules({ value: next, previous: live, path: '' }, version.schema));
  else if (hasRules(version.schema)) causes.push(unchecked);
  if (causes.length > 0) throw invalid(resource, next.metadata.name, causes);
}

/** Built-in kinds and all metadata are typed on the wire: what does not fit never becomes an object. */
function refuseUndecodable(resource: Served['resource'], version: string, faults: readonly Cause[]): void {
  const typed = faults.filter(({ field }) => !resource.isCustom || field.startsWith('metadata'));
  const fault = typed.find(({ message }) => message.includes('must be of type'));
  if (!fault) return;
  const subject = `${resource.kind} in version "${version}" cannot be handled as a ${resource.kind}`;
  const isByte = fault.message.includes('of type byte');
  const problem = isByte ? 'illegal base64 data' : `cannot unmarshal ${fault.field}: ${fault.message}`;
  throw badRequest(`${subject}: ${isByte ? '' : 'json: '}${problem}`);
}
