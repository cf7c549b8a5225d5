/** Thrown when a container cannot be made from what its pod and the cluster say; shown as its waiting reason. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly reason:
    | 'CreateContainerConfigError'
    | 'PathNotTranslatable'
    | 'VolumeNotSupported'
    | 'ContainerCreating';

  constructor(reason: ConfigurationError['reason'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
