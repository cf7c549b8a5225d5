/** A refusal by the API server, as the Status object in its answer says it. */
export interface KubeStatus {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly causes: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

export interface StatusCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

/** Thrown when the API server answers with anything but success. */
export class KubeApiError extends Error {
  override readonly name = 'KubeApiError';
  /** The HTTP status code, as in `Status.code`. */
  readonly code: number;
  /** `NotFound`, `Conflict`, `Invalid`, … ; empty when the answer was no Status object. */
  readonly reason: string;
  readonly causes: readonly StatusCause[];
  readonly retryAfterSeconds: number | undefined;
  readonly status: KubeStatus;

  constructor(status: KubeStatus, request: string) {
    super(`${request}: ${status.code}${status.reason === '' ? '' : ` ${status.reason}`}: ${status.message}`);
    this.status = status;
    this.code = status.code;
    this.reason = status.reason;
    this.causes = status.causes;
    this.retryAfterSeconds = status.retryAfterSeconds;
  }
}

/** Why a request was given up: it had its time. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
  readonly code = 'ETIMEDOUT';
}

/** Thrown when no answer came: connection refused, reset, timed out, TLS not trusted. */
export class KubeConnectionError extends Error {
  override readonly name = 'KubeConnectionError';
  /** The system's or undici's error code, such as `ECONNREFUSED`. */
  readonly code: string;
  /** False when the request certainly never reached the server, so that repeating any verb is safe. */
  readonly maybeSent: boolean;

  constructor(
    request: string,
    code: string,
    options: { readonly cause: unknown; readonly maybeSent: boolean },
  ) {
    super(`${request}: ${code}: ${messageOf(options.cause)}`, { cause: options.cause });
    this.code = code;
    this.maybeSent = options.maybeSent;
  }
}

/** Thrown when an answer came that no API server would send whole: not JSON, cut off, or of another shape. */
export class MalformedResponseError extends Error {
  override readonly name = 'MalformedResponseError';
  readonly code = 'MALFORMED_RESPONSE';

  constructor(request: string, problem: string, cause?: unknown) {
    super(`${request}: the answer ${problem}`, cause === undefined ? undefined : { cause });
  }
}

export function isNotFound(error: unknown): error is KubeApiError {
  return error instanceof KubeApiError && error.code === 404;
}

/** The object changed since it was read. (`AlreadyExists` shares the code 409 and is not meant.) */
export function isConflict(error: unknown): error is KubeApiError {
  return error instanceof KubeApiError && error.code === 409 && error.reason !== 'AlreadyExists';
}

export function isAlreadyExists(error: unknown): error is KubeApiError {
  return error instanceof KubeApiError && error.reason === 'AlreadyExists';
}

/** The schema or admission refused the object. */
export function isInvalid(error: unknown): error is KubeApiError {
  return error instanceof KubeApiError && error.code === 422;
}

export function isForbidden(error: unknown): error is KubeApiError {
  return error instanceof KubeApiError && error.code === 403;
}

/** The asked-for resource version is too old to be watched or continued from. */
export function isGone(error: unknown): error is KubeApiError {
  return error instanceof KubeApiError && (error.code === 410 || error.reason === 'Expired');
}

/** A later try may well succeed: no answer, a broken one, 429 or 5xx. */
export function isTransient(error: unknown): boolean {
  if (error instanceof KubeApiError) return error.code === 429 || error.code >= 500;
  return error instanceof KubeConnectionError || error instanceof MalformedResponseError;
}

/** The value, or undefined when the object does not exist. */
export async function ignoreNotFound<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
