export type ImageErrorCode =
  | 'REFERENCE_INVALID'
  | 'IMAGE_NOT_FOUND'
  | 'LAYOUT_INVALID'
  | 'BLOB_CORRUPT'
  | 'LAYER_UNSAFE'
  | 'LAYER_UNSUPPORTED'
  | 'STORE_LOCKED';

/** Thrown when an image cannot be named, found, trusted or unpacked. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
  readonly code: ImageErrorCode;

  constructor(code: ImageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export function isImageNotFound(error: unknown): boolean {
  return error instanceof ImageError && error.code === 'IMAGE_NOT_FOUND';
}
