import type { Settings } from './settings.ts';

interface SettingDefinition {
  readonly flag: string;
  readonly environment: string;
  readonly description: string;
}

/** The launcher's whole interface: every setting by flag or environment variable, the flag wins. */
export const settingDefinitions: { readonly [Name in keyof Settings]: SettingDefinition } = {
  engine: {
    flag: 'engine',
    environment: 'KAITO_ENGINE',
    description: 'the runtime: vllm, transformers or llamacpp',
  },
  engineVersion: {
    flag: 'engine-version',
    environment: 'KAITO_ENGINE_VERSION',
    description: 'its version, which decides which flags exist (default: the catalogue’s)',
  },
  modelName: {
    flag: 'model-name',
    environment: 'KAITO_MODEL_NAME',
    description: 'the model name that clients use',
  },
  model: {
    flag: 'model',
    environment: 'KAITO_MODEL',
    description: 'absolute path of the weights, or a Hugging Face repository id',
  },
  modelRevision: {
    flag: 'model-revision',
    environment: 'KAITO_MODEL_REVISION',
    description: 'revision of the repository',
  },
  weightsDirectory: {
    flag: 'weights-directory',
    environment: 'KAITO_WEIGHTS_DIRECTORY',
    description: 'where downloaded weights go',
  },
  adaptersDirectory: {
    flag: 'adapters-directory',
    environment: 'KAITO_ADAPTERS_DIRECTORY',
    description: 'the folder with one folder per adapter',
  },
  adapters: {
    flag: 'adapters',
    environment: 'KAITO_ADAPTERS',
    description: 'JSON list of {"name","strength"} in the order of the manifest',
  },
  configFile: {
    flag: 'config-file',
    environment: 'KAITO_CONFIG_FILE',
    description: 'path of inference_config.yaml',
  },
  workDirectory: {
    flag: 'work-directory',
    environment: 'KAITO_WORK_DIRECTORY',
    description: 'scratch space for fused adapters, sockets and caches',
  },
  listenAddress: {
    flag: 'listen-address',
    environment: 'KAITO_LISTEN_ADDRESS',
    description:
      'address of the public port (default 127.0.0.1); every one of a pod when it is the pod’s own',
  },
  port: { flag: 'port', environment: 'KAITO_PORT', description: 'the public port (default 5000)' },
  engineArguments: {
    flag: 'engine-arguments',
    environment: 'KAITO_ENGINE_ARGUMENTS',
    description: 'JSON object of runtime flags; inference_config.yaml wins over it',
  },
  terminationLog: {
    flag: 'termination-log',
    environment: 'KAITO_TERMINATION_LOG',
    description: 'file for the failure document',
  },
  revision: {
    flag: 'revision',
    environment: 'KAITO_REVISION',
    description: 'revision of the workload, shown in /status',
  },
  terminationGraceSeconds: {
    flag: 'termination-grace-seconds',
    environment: 'KAITO_TERMINATION_GRACE_SECONDS',
    description: 'the pod’s grace period, from which drain and stop are budgeted (default 30)',
  },
  drainDelaySeconds: {
    flag: 'drain-delay-seconds',
    environment: 'KAITO_DRAIN_DELAY_SECONDS',
    description: 'how long new requests are still served after SIGTERM (default 1)',
  },
};
