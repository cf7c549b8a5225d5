import type { Fields } from './json.ts';

export interface Cause extends Fields {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/** What can be wrong with a field, and how to begin to say so. */
const openings = {
  Invalid: 'Invalid value',
  TypeInvalid: 'Invalid value',
  NotSupported: 'Unsupported value',
  Required: 'Required value',
  Duplicate: 'Duplicate value',
  Forbidden: 'Forbidden',
  TooLong: 'Too long',
  TooMany: 'Too many',
};

export function cause(type: keyof typeof openings, field: string, text: string): Cause {
  const message = text ? `${openings[type]}: ${text}` : openings[type];
  return { reason: `FieldValue${type}`, message, field: field || '<nil>' };
}

interface ResourceName {
  readonly group: string;
  readonly plural: string;
}

/** Thrown wherever a request ends with a failure Status; `code` is the HTTP status. */
export class ApiError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: Fields | undefined;

  constructor(code: number, reason: string, message: string, details?: Fields) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  toStatus(): Fields {
    const { message, reason, details, code } = this;
    const base = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason };
    return { ...base, ...(details && { details }), code };
  }
}

/** What went wrong with one named object. */
function about(code: number, reason: string, { group, plural }: ResourceName, name: string) {
  const details = { ...(name && { name }), ...(group && { group }), kind: plural };
  const subject = `${group ? `${plural}.${group}` : plural} "${name}"`;
  return (words: (subject: string) => string): ApiError =>
    new ApiError(code, reason, words(subject), details);
}

export function notFound(resource: ResourceName, name: string): ApiError {
  return about(404, 'NotFound', resource, name)((it) => `${it} not found`);
}

export function alreadyExists(resource: ResourceName, name: string): ApiError {
  return about(409, 'AlreadyExists', resource, name)((it) => `${it} already exists`);
}

const modified =
  'the object has been modified; please apply your changes to the latest version and try again';

export function conflict(resource: ResourceName, name: string, why: string = modified): ApiError {
  return about(409, 'Conflict', resource, name)((it) => `Operation cannot be fulfilled on ${it}: ${why}`);
}

export function forbidden(resource: ResourceName, name: string, why: string): ApiError {
  return about(403, 'Forbidden', resource, name)((it) => `${it} is forbidden: ${why}`);
}

export function unknownPath(): ApiError {
  return new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function badRequest(message: string): ApiError {
  return new ApiError(400, 'BadRequest', message);
}

export function unsupportedMediaType(accepted: readonly string[]): ApiError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return new ApiError(415, 'UnsupportedMediaType', message);
}

export function methodNotAllowed(): ApiError {
  const message = 'the server does not allow this method on the requested resource';
  return new ApiError(405, 'MethodNotAllowed', message, {});
}

export function expired(requested: string, oldest: number): ApiError {
  return new ApiError(410, 'Expired', `too old resource version: ${requested} (${oldest})`);
}

export function invalid(
  { group, kind }: { group: string; kind: string },
  name: string,
  causes: readonly Cause[],
): ApiError {
  const parts = causes.map(({ field, message }) => `${field}: ${message}`);
  const list = parts.length === 1 ? parts[0] : `[${parts.join(', ')}]`;
  const message = `${group ? `${kind}.${group}` : kind} "${name}" is invalid: ${list}`;
  return new ApiError(422, 'Invalid', message, { name, ...(group ? { group } : {}), kind, causes });
}
