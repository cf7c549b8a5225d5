import type { Fields } from './json.ts';

export interface Cause extends Fields {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
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
    return details ? { ...base, details, code } : { ...base, code };
  }
}

function detailsOf(resource: ResourceName, name: string): Fields {
  const group = resource.group ? { group: resource.group } : {};
  return { ...(name ? { name } : {}), ...group, kind: resource.plural };
}

function qualified(resource: ResourceName): string {
  return resource.group ? `${resource.plural}.${resource.group}` : resource.plural;
}

export function notFound(resource: ResourceName, name: string): ApiError {
  return new ApiError(
    404,
    'NotFound',
    `${qualified(resource)} "${name}" not found`,
    detailsOf(resource, name),
  );
}

export function unknownPath(): ApiError {
  return new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function alreadyExists(resource: ResourceName, name: string): ApiError {
  const message = `${qualified(resource)} "${name}" already exists`;
  return new ApiError(409, 'AlreadyExists', message, detailsOf(resource, name));
}

export function conflict(resource: ResourceName, name: string, why?: string): ApiError {
  const text =
    why ?? 'the object has been modified; please apply your changes to the latest version and try again';
  const message = `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${text}`;
  return new ApiError(409, 'Conflict', message, detailsOf(resource, name));
}

export function badRequest(message: string): ApiError {
  return new ApiError(400, 'BadRequest', message);
}

export function forbidden(resource: ResourceName, name: string, why: string): ApiError {
  const message = `${qualified(resource)} "${name}" is forbidden: ${why}`;
  return new ApiError(403, 'Forbidden', message, detailsOf(resource, name));
}

export function unsupportedMediaType(accepted: readonly string[]): ApiError {
  const types = accepted.join(', ');
  const message = `the body of the request was in an unknown format - accepted media types include: ${types}`;
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
  kind: { group: string; kind: string },
  name: string,
  causes: readonly Cause[],
): ApiError {
  const subject = kind.group ? `${kind.kind}.${kind.group}` : kind.kind;
  const parts = causes.map((cause) => `${cause.field}: ${cause.message}`);
  const list = parts.length === 1 ? parts[0] : `[${parts.join(', ')}]`;
  const group = kind.group ? { group: kind.group } : {};
  const message = `${subject} "${name}" is invalid: ${list}`;
  return new ApiError(422, 'Invalid', message, { name, ...group, kind: kind.kind, causes });
}
