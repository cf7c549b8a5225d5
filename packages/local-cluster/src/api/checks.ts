import { equal, textAt, type Fields } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import type { Served } from '../resources/resource.ts';
import { evaluateRules, hasRules } from '../schema/cel.ts';
import { validate } from '../schema/validate.ts';
import { badRequest, cause, invalid, type Cause } from '../status.ts';
import { checkMetadata } from './names.ts';
import type { Target } from './objects.ts';

/** What an object says of itself must agree with where it is sent. */
export function checkIdentity({ served, namespace, name }: Target, input: Fields): void {
  const { apiVersion: expected, kind: expectedKind } = served;
  const { apiVersion = expected, kind = expectedKind } = input;
  const [itsNamespace, itsName] = [textAt(input, 'metadata', 'namespace'), textAt(input, 'metadata', 'name')];
  if (kind !== expectedKind)
    throw badRequest(`${String(kind)} in version "${served.version}" cannot be handled as a ${expectedKind}`);
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
export function checkObject(served: Served, next: KubeObject, live?: KubeObject): void {
  const { schema } = served;
  const faults = validate(next, schema, live);
  refuseUndecodable(served, faults);
  const causes = live && equal(live.metadata, next.metadata) ? [] : checkMetadata(next, served);
  causes.push(...faults);
  if (faults.length === 0) causes.push(...(served.check?.(next, live) ?? []));
  if (!faults.some(({ reason }) => blocksRules.has(reason)))
    causes.push(...evaluateRules({ value: next, previous: live, path: '' }, schema));
  else if (hasRules(schema)) causes.push(unchecked);
  if (causes.length > 0) throw invalid(served, next.metadata.name, causes);
}

/** Built-in kinds and all metadata are typed on the wire: what does not fit never becomes an object. */
function refuseUndecodable({ isCustom, kind, version }: Served, faults: readonly Cause[]): void {
  const typed = faults.filter(({ field }) => !isCustom || field.startsWith('metadata'));
  const fault = typed.find(({ message }) => message.includes('must be of type'));
  if (!fault) return;
  const subject = `${kind} in version "${version}" cannot be handled as a ${kind}`;
  const isByte = fault.message.includes('of type byte');
  const problem = isByte ? 'illegal base64 data' : `cannot unmarshal ${fault.field}: ${fault.message}`;
  throw badRequest(`${subject}: ${isByte ? '' : 'json: '}${problem}`);
}
