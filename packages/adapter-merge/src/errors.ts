/** Why a safetensors file was refused. */
export type SafetensorsErrorCode =
  | 'FileUnreadable'
  | 'FileTruncated'
  | 'FileTooLong'
  | 'HeaderTooLarge'
  | 'HeaderInvalid'
  | 'DuplicateName'
  | 'DataTypeUnknown'
  | 'SizeMismatch'
  | 'HoleOrOverlap'
  | 'TensorMissing'
  | 'NotFinite';

/** Why an adapter was refused, or could not be laid over a base. */
export type AdapterErrorCode =
  | SafetensorsErrorCode
  | 'ConfigMissing'
  | 'ConfigInvalid'
  | 'ConfigUnsupported'
  | 'WeightsMissing'
  | 'PickleRefused'
  | 'TensorUnsupported'
  | 'PairIncomplete'
  | 'ShapeInvalid'
  | 'RankMismatch'
  | 'AdaptersDisagree'
  | 'NothingToFuse'
  | 'BaseInvalid'
  | 'BaseShapeMismatch'
  | 'BaseTensorMissing'
  | 'BaseQuantized'
  | 'BaseDataTypeUnsupported'
  | 'ArchitectureUnsupported'
  | 'ModuleUnsupported'
  | 'OutputExists'
  | 'NoSpace';

export interface Fault<Code extends string> {
  readonly code: Code;
  readonly file: string;
  readonly tensor?: string;
  /** What to do next, for a person. */
  readonly hint: string;
}

/** Thrown when a safetensors file is not exactly what the format says. */
export class SafetensorsError extends Error implements Fault<SafetensorsErrorCode> {
  override readonly name = 'SafetensorsError';
  readonly code: SafetensorsErrorCode;
  readonly file: string;
  readonly tensor?: string;
  readonly hint: string;

  constructor(message: string, fault: Fault<SafetensorsErrorCode>, options?: ErrorOptions) {
    super(located(message, fault), options);
    this.code = fault.code;
    this.file = fault.file;
    this.hint = fault.hint;
    if (fault.tensor !== undefined) this.tensor = fault.tensor;
  }
}

/** Thrown when an adapter cannot be read, fused, written or merged without changing what it means. */
export class AdapterError extends Error implements Fault<AdapterErrorCode> {
  override readonly name = 'AdapterError';
  readonly code: AdapterErrorCode;
  readonly file: string;
  readonly tensor?: string;
  readonly hint: string;

  constructor(message: string, fault: Fault<AdapterErrorCode>, options?: ErrorOptions) {
    super(located(message, fault), options);
    this.code = fault.code;
    this.file = fault.file;
    this.hint = fault.hint;
    if (fault.tensor !== undefined) this.tensor = fault.tensor;
  }
}

export function isAdapterError(error: unknown): error is AdapterError {
  return error instanceof AdapterError;
}

export function isSafetensorsError(error: unknown): error is SafetensorsError {
  return error instanceof SafetensorsError;
}

/** Runs `action`; a broken safetensors file met inside becomes an AdapterError of the same code. */
export async function asAdapterError<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!isSafetensorsError(error)) throw error;
    const { code, file, tensor, hint } = error;
    const fault = { code, file, hint, ...(tensor === undefined ? {} : { tensor }) };
    throw new AdapterError(unlocated(error), fault, { cause: error });
  }
}

function located(message: string, { file, tensor }: Fault<string>): string {
  return `${prefix(file, tensor)}${message}`;
}

function unlocated({ message, file, tensor }: SafetensorsError): string {
  return message.slice(prefix(file, tensor).length);
}

function prefix(file: string, tensor: string | undefined): string {
  return tensor === undefined ? `${file}: ` : `${file}: tensor ${tensor}: `;
}
