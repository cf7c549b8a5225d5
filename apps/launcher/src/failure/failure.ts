/** Every class that the launcher leaves in the termination message. The operator shows it; a runbook can key on it. */
export const failureClasses = {
  accessDenied: 'AccessDenied',
  adapterInvalid: 'AdapterInvalid',
  canaryFailed: 'CanaryFailed',
  configInvalid: 'ConfigInvalid',
  downloadFailed: 'DownloadFailed',
  driverMissing: 'DriverMissing',
  flagRejected: 'FlagRejected',
  gpuFault: 'GpuFault',
  gpuMemoryBusy: 'GpuMemoryBusy',
  kvCacheTooSmall: 'KvCacheTooSmall',
  launcherFault: 'LauncherFault',
  modelInvalid: 'ModelInvalid',
  modelNotFound: 'ModelNotFound',
  outOfMemory: 'OutOfMemory',
  portInUse: 'PortInUse',
  programNotFound: 'ProgramNotFound',
  runtimeCrashed: 'RuntimeCrashed',
  runtimeExited: 'RuntimeExited',
  runtimeHung: 'RuntimeHung',
  runtimeKilled: 'RuntimeKilled',
  startTimeout: 'StartTimeout',
  unsupportedModel: 'UnsupportedModel',
} as const;

export type FailureClass = (typeof failureClasses)[keyof typeof failureClasses];

/** What went wrong, for a person: the cause in one sentence and the next step. */
export interface Failure {
  readonly class: FailureClass;
  readonly message: string;
  readonly hint: string;
  readonly exitCode?: number;
  readonly signal?: string;
  readonly lastLines: readonly string[];
}

/** Thrown when the launcher itself finds what keeps the model from being served. */
export class LauncherError extends Error {
  readonly failureClass: FailureClass;
  readonly hint: string;

  constructor(failureClass: FailureClass, message: string, details: { hint: string; cause?: unknown }) {
    super(message, { cause: details.cause });
    this.name = 'LauncherError';
    this.failureClass = failureClass;
    this.hint = details.hint;
  }
}

/** Every thrown value as a failure; what nobody foresaw is our own fault and says so. */
export function failureOf(error: unknown): Failure {
  if (error instanceof LauncherError) {
    return { class: error.failureClass, message: error.message, hint: error.hint, lastLines: [] };
  }
  const message = error instanceof Error ? error.message : String(error);
  const lastLines = error instanceof Error && error.stack !== undefined ? error.stack.split('\n') : [];
  return {
    class: failureClasses.launcherFault,
    message: `launcher: ${message}`,
    hint: 'this is a fault of the launcher itself; please report it with the lines above',
    lastLines,
  };
}
