/** Data keys under which ConfigMaps and Secrets carry our files. */
export const dataKeys = {
  inferenceConfig: 'inference_config.yaml',
  trainingConfig: 'training_config.yaml',
  huggingFaceToken: 'HF_TOKEN',
} as const;

/** Strength of an adapter that names none. */
export const defaultAdapterStrength = '1.0';

/** Most adapters that one Workspace may carry. */
export const maxAdapters = 10;
