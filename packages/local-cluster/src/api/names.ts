import { randomInt } from 'node:crypto';
import type { KubeObject } from '../objects.ts';
import type { Resource } from '../resources/resource.ts';
import type { Cause } from '../status.ts';

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(\\.${label})*`;
const labelHint = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${label}')`;
const subdomainHint = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomain}')`;
const valueHint =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** A generateName prefix with five letters that spell no word. */
export function generatedName(prefix: string): string {
  const suffix = Array.from({ length: 5 }, () => alphabet[randomInt(alphabet.length)]).join('');
  return prefix.slice(0, 58) + suffix;
}

/** Names and labels that an API server refuses. */
export function checkMetadata(object: KubeObject, resource: Resource): Cause[] {
  const causes: Cause[] = [];
  const refuse = (field: string, value: string, hint: string): void =>
    void causes.push({
      reason: 'FieldValueInvalid',
      field,
      message: `Invalid value: ${JSON.stringify(value)}: ${hint}`,
    });
  const { name, labels = {} } = object.metadata;
  const isLabel = ['Namespace', 'Service'].includes(resource.kind) && !resource.isCustom;
  const pattern = new RegExp(`^${isLabel ? label : subdomain}$`);
  if (!pattern.test(name)) refuse('metadata.name', name, isLabel ? labelHint : subdomainHint);
  const longest = isLabel ? 63 : 253;
  if (name.length > longest) refuse('metadata.name', name, `must be no more than ${longest} bytes`);
  for (const value of Object.values(labels)) {
    if (value.length > 63) refuse('metadata.labels', value, 'must be no more than 63 bytes');
    else if (!/^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/.test(value))
      refuse('metadata.labels', value, valueHint);
  }
  return causes;
}
