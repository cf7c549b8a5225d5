import { QueueFullError, TemplateError } from '../engine/engine.ts';

/** Thrown to answer a request with an error object of the OpenAI API. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly type: string;
  readonly code: string | null;
  /** The field of the request that is to blame. */
  readonly param: string | null;

  constructor(message: string, options: ApiErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = options.status ?? 400;
    this.type = options.type ?? (this.status < 500 ? 'invalid_request_error' : 'server_error');
    this.code = options.code ?? null;
    this.param = options.param ?? null;
  }

  toJSON(): unknown {
    const { message, type, param, code } = this;
    return { error: { message, type, param, code } };
  }
}

interface ApiErrorOptions {
  readonly status?: number;
  readonly type?: string;
  readonly code?: string;
  readonly param?: string;
  readonly cause?: unknown;
}

/** Every failure that a handler can meet, as the answer it deserves. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof TemplateError) return new ApiError(error.message, { param: 'messages', cause: error });
  if (error instanceof QueueFullError)
    return new ApiError(`the server is busy: ${error.message}`, {
      status: 503,
      code: 'queue_full',
      cause: error,
    });
  const { statusCode, message } = error as { readonly statusCode?: number; readonly message?: string };
  if (statusCode !== undefined && statusCode < 500)
    return new ApiError(message ?? 'bad request', { status: statusCode, cause: error });
  return new ApiError(`generation failed: ${message ?? String(error)}`, { status: 500, cause: error });
}
