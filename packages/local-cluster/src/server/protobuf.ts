import { messages } from '../generated/messages.ts';
import type { Fields } from '../json.ts';
import { definitions, type Schema } from '../schema/schema.ts';
import { badRequest } from '../status.ts';

/** What kubectl sends for built-in kinds when it creates them from flags. */
export const protobufType = 'application/vnd.kubernetes.protobuf';

/** A value on the wire: a varint, or bytes of known length. */
type Wire = bigint | Buffer;

const prefix = Buffer.from('k8s\0');
const nothing = Buffer.alloc(0);
const varint = 0;
const lengthDelimited = 2;
const fixedLengths: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

export function isDecodable(definition: string | undefined): definition is string {
  return definition !== undefined && Object.hasOwn(messages, definition);
}

/** The object in a body, as its JSON would be; of another kind than the definition's only its own name. */
export function decodeObject(body: Buffer, definition: string): Fields {
  if (!body.subarray(0, prefix.length).equals(prefix))
    throw malformed('it does not appear to be a protobuf message');
  const envelope = fieldsOf(body.subarray(prefix.length));
  const names = fieldsOf(envelope.get(1));
  const [apiVersion, kind] = [textOf(names.get(1)), textOf(names.get(2))];
  const named = { ...(apiVersion && { apiVersion }), ...(kind && { kind }) };
  const isExpected = kind === '' || definition.endsWith(`.${kind}`);
  return isExpected ? { ...named, ...decodeMessage(bytesOf(envelope.get(2)), definition) } : named;
}

/** Some fields of an inline message are the definition's own: `message` says where they are on the wire. */
function decodeMessage(bytes: Buffer, definition: string, message: string = definition): Fields {
  const found: Fields = {};
  for (const [number, wire] of wireFields(bytes)) {
    const place = messages[message]?.[number] ?? '';
    const name = place.replace('?', '');
    const schema = definitions[definition]?.properties?.[name];
    if (place.startsWith('=')) Object.assign(found, decodeMessage(bytesOf(wire), definition, place.slice(1)));
    else if (schema?.items) ((found[name] ??= []) as unknown[]).push(decodeValue(wire, schema.items));
    else if (typeof schema?.additionalProperties === 'object') {
      const entry = fieldsOf(wire);
      const value = decodeValue(entry.get(2) ?? nothing, schema.additionalProperties);
      ((found[name] ??= {}) as Fields)[textOf(entry.get(1))] = value;
    } else if (schema) {
      const value = decodeValue(wire, schema);
      const isAbsent = value === undefined || (place.endsWith('?') && !value);
      if (!isAbsent) found[name] = value;
    }
  }
  return found;
}

function decodeValue(wire: Wire, schema: Schema): unknown {
  if (schema.$ref) return decodeMessage(bytesOf(wire), schema.$ref);
  if (schema.format === 'quantity') return textOf(fieldsOf(wire).get(1)) || '0';
  if (schema.format === 'date-time') return decodeTime(fieldsOf(wire));
  if (schema['x-kubernetes-int-or-string']) {
    const [type, number, text] = [1, 2, 3].map((each) => fieldsOf(wire).get(each));
    return integerOf(type) === 0 ? integerOf(number) : textOf(text);
  }
  if (schema['x-kubernetes-preserve-unknown-fields']) return parsed(textOf(fieldsOf(wire).get(1)));
  if (schema.type === 'boolean') return integerOf(wire) !== 0;
  if (schema.type === 'integer') return integerOf(wire);
  return schema.format === 'byte' ? bytesOf(wire).toString('base64') : textOf(wire);
}

/** Seconds and nanoseconds; only a MicroTime has the latter, and a time that is not set has neither. */
function decodeTime(fields: ReadonlyMap<number, Wire>): string | undefined {
  if (fields.size === 0) return undefined;
  const [seconds, nanos] = [integerOf(fields.get(1)), integerOf(fields.get(2))];
  const time = new Date(seconds * 1000);
  if (Number.isNaN(time.getTime())) throw malformed(`${seconds} is no time`);
  const fraction = nanos === 0 ? '' : `.${String(Math.trunc(nanos / 1000)).padStart(6, '0')}`;
  return time.toISOString().replace('.000Z', `${fraction}Z`);
}

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  } catch (error) {
    throw malformed(String(error));
  }
}

function integerOf(wire: Wire | undefined = 0n): number {
  if (typeof wire !== 'bigint') throw malformed('wrong wire type for an integer');
  return Number(wire);
}

function bytesOf(wire: Wire | undefined = nothing): Buffer {
  if (typeof wire === 'bigint') throw malformed('wrong wire type for a message or text');
  return wire;
}

function textOf(wire: Wire | undefined): string {
  return bytesOf(wire).toString('utf8');
}

function fieldsOf(wire: Wire | undefined): ReadonlyMap<number, Wire> {
  return new Map(wireFields(bytesOf(wire)));
}

function* wireFields(message: Buffer): Generator<readonly [number: number, value: Wire]> {
  let at = 0;
  const readVarint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 64n; shift += 7n) {
      const byte = message[at++];
      if (byte === undefined) throw malformed('unexpected EOF');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    throw malformed('integer overflow');
  };
  while (at < message.length) {
    const tag = readVarint();
    const [number, type] = [Number(tag >> 3n), Number(tag & 7n)];
    if (type === varint) {
      yield [number, readVarint()];
      continue;
    }
    const length = type === lengthDelimited ? Number(readVarint()) : fixedLengths[type];
    if (length === undefined || length < 0) throw malformed(`illegal wire type ${type} or length`);
    if (length > message.length - at) throw malformed('unexpected EOF');
    yield [number, message.subarray(at, (at += length))];
  }
}

function malformed(why: string): Error {
  return badRequest(`the object provided is unrecognized: ${why}`);
}
