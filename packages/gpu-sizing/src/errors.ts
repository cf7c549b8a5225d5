/** Thrown when an input cannot be sized as given; `key` names the part that is wrong. */
export class SizingInputError extends Error {
  readonly code: 'BAD_INPUT' | 'MISSING_KEY' | 'UNKNOWN_GPU' | 'UNSUPPORTED_VERSION';
  readonly key: string;

  constructor(code: SizingInputError['code'], key: string, message: string) {
    super(`${key}: ${message}`);
    this.name = 'SizingInputError';
    this.code = code;
    this.key = key;
  }
}
