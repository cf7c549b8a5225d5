import { failureClasses as is, type FailureClass } from './failure.ts';

/** One kind of last words of a runtime. The first row that matches wins, so specific rows stand before general ones. */
export interface RuntimeMessage {
  readonly class: FailureClass;
  readonly pattern: RegExp;
  readonly hint: string;
}

export const runtimeMessages: readonly RuntimeMessage[] = [
  {
    class: is.flagRejected,
    pattern:
      /unrecognized arguments?:|invalid choice:|error: argument |error: invalid argument|No such option|unknown argument|argument '.*' is invalid|error while handling argument/iu,
    hint: 'the runtime does not know or accept this flag; correct it in inference_config.yaml',
  },
  {
    class: is.kvCacheTooSmall,
    pattern:
      /estimated maximum model length is (\d+)|larger than the maximum number of tokens that can be stored in KV cache/u,
    hint: 'set max-model-len to the length named here, to "auto", or give the model more memory',
  },
  {
    class: is.kvCacheTooSmall,
    pattern:
      /No available memory for the cache blocks|not enough GPU memory available to serve even a single token/u,
    hint: 'raise gpu-memory-utilization, lower max-num-seqs, or use more or larger GPUs',
  },
  {
    class: is.gpuMemoryBusy,
    pattern: /Free memory on device .* is less than desired GPU memory utilization/u,
    hint: 'another process holds memory of this GPU; wait for it to end or lower gpu-memory-utilization',
  },
  {
    class: is.driverMissing,
    pattern: /CUDA driver version is insufficient|no CUDA-capable device|Found no NVIDIA driver/u,
    hint: 'the node lacks a working GPU driver for this runtime image; check the device plugin and the driver version',
  },
  {
    class: is.gpuFault,
    pattern:
      /\bXid\b|CUDA error: (?:unspecified launch failure|an illegal memory access|uncorrectable ECC)|NCCL .*(?:timeout|unhandled system error)/u,
    hint: 'the GPU or its links failed; if it comes back after a restart, drain the node',
  },
  {
    class: is.outOfMemory,
    pattern:
      /OutOfMemoryError|out of memory|Failed to load model - not enough GPU memory|std::bad_alloc|MemoryError|failed to allocate/u,
    hint: 'the model does not fit: use more or larger GPUs, a quantised model, or a smaller max-model-len',
  },
  {
    class: is.adapterInvalid,
    pattern:
      /LoRA rank \d+ is greater than max_lora_rank|expected target modules in|unsupported LoRA weight|failed to apply lora adapter/iu,
    hint: 'the adapter does not fit this model; check what it was trained on',
  },
  {
    class: is.unsupportedModel,
    // Not the flag's bare name: vLLM writes all its settings into the log before it loads anything.
    pattern:
      /Model architectures .* are not supported|(?:argument|setting) `trust_remote_code=True`|unknown model architecture/u,
    hint: 'this version of the runtime cannot run this model; choose another runtime or a newer version',
  },
  {
    class: is.accessDenied,
    pattern: /401 Client Error|GatedRepoError|Access to model .* is restricted|gated repo/u,
    hint: 'accept the licence of the model and give its token by the Workspace’s secret',
  },
  {
    class: is.modelInvalid,
    pattern:
      /model is corrupted|Invalid GGUF magic|invalid magic|SafetensorError|Error while deserializing header/iu,
    hint: 'the weights are damaged or incomplete; copy or download them again, and build their image anew',
  },
  {
    class: is.modelNotFound,
    pattern:
      /RepositoryNotFoundError|is not a local folder and is not a valid model identifier|does not appear to have a file named|Invalid repository ID or local directory|failed to load model|No such file or directory: .*config\.json/iu,
    hint: 'the weights are not where the runtime looks for them; check the source of the model',
  },
  {
    class: is.downloadFailed,
    pattern: /(?:ConnectionError|ReadTimeout|IncompleteRead|MaxRetryError|429 Client Error)/u,
    hint: 'the download of the model failed; it is tried again after a pause',
  },
  {
    class: is.portInUse,
    pattern: /address already in use|couldn't bind (?:HTTP server )?socket|EADDRINUSE/iu,
    hint: 'another process holds the port; it is tried again with another one',
  },
  {
    class: is.startTimeout,
    pattern: /VLLM_ENGINE_READY_TIMEOUT_S|Timed out waiting for engine/u,
    hint: 'loading took longer than the runtime allows; use faster storage for the weights',
  },
];
