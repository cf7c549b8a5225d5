import { formatGiB } from './bytes.ts';
import type { CacheLayout } from './cache/cache-spec.ts';
import { isLater, isOn, newestVersion } from './engine/switches.ts';
import type { Rank } from './rank-account.ts';
import { lengthBeyondConfig } from './refuse.ts';
import type { SizeContext } from './size-context.ts';
import type { SizeStep } from './size-request.ts';

export function warningsOf(context: SizeContext, layout: CacheLayout): readonly string[] {
  const { shape, quantization, device, version, request } = context;
  const tooLong = request.allowLongMaxModelLen === true ? lengthBeyondConfig(context) : undefined;
  const unknown = [...shape.unknown, ...(quantization?.unknown ?? [])];
  const capability = device.computeCapability;
  return [
    ...(unknown.length > 0 ? [`not understood, so the estimate may be far off: ${unknown.join(', ')}`] : []),
    ...(isLater(version) ? [`vLLM ${version} is not known: counted by the rules of ${newestVersion}`] : []),
    ...(tooLong === undefined
      ? []
      : [`${tooLong}; it refuses that unless VLLM_ALLOW_LONG_MAX_MODEL_LEN=1 is set`]),
    ...(layout.doubtful ? ['the layout of this cache is not known exactly'] : []),
    ...(capability !== undefined && capability >= 10
      ? ['starts on this generation of GPUs were hardly measured; intervals are doubled']
      : []),
    ...(quantization !== undefined &&
    capability !== undefined &&
    capability < 8.9 &&
    /fp8/.test(quantization.linear.name)
      ? ['fp8 runs weight-only on this GPU']
      : []),
  ];
}

export interface Story {
  readonly context: SizeContext;
  readonly tight: Rank;
  readonly layout: CacheLayout;
  readonly blocks: number;
  readonly perRequest: number;
  readonly tokens: number;
  readonly longest: number;
}

/** The account in the words and the order of vLLM's own log. */
export function derivationOf({
  context,
  tight,
  layout,
  blocks,
  perRequest,
  tokens,
  longest,
}: Story): readonly SizeStep[] {
  const { device, limits } = context;
  return [
    { quantity: 'GPU memory', value: formatGiB(device.memoryBytes), how: device.name },
    {
      quantity: 'requested',
      value: formatGiB(tight.budget),
      how: `gpu-memory-utilization ${limits.utilization} of it`,
    },
    { quantity: 'Model loading took', value: formatGiB(tight.weights.value), how: tight.weightsHow },
    { quantity: 'torch peak', value: formatGiB(tight.activation.value), how: tight.activationHow },
    {
      quantity: 'non-torch',
      value: formatGiB(tight.nonTorch.value),
      how: tight.nonTorchHow(),
    },
    {
      quantity: 'CUDA graphs',
      value: formatGiB(tight.reserved.value),
      how: tight.graphsHow(),
    },
    ...(tight.lora > 0
      ? [{ quantity: 'LoRA slots', value: formatGiB(tight.lora), how: 'buffers for every slot' }]
      : []),
    {
      quantity: 'Available KV cache',
      value: formatGiB(tight.available.value),
      how: 'requested - all of the above',
    },
    { quantity: 'block', value: `${layout.bytesPerBlock} B`, how: layout.how },
    { quantity: 'blocks', value: `${blocks}`, how: 'available / block' },
    { quantity: 'blocks per request', value: `${perRequest}`, how: `at ${context.length} tokens` },
    {
      quantity: 'GPU KV cache size',
      value: `${tokens} tokens`,
      how: isOn('tokensFromConcurrency', context.version)
        ? 'concurrency x length'
        : 'blocks // groups x block tokens',
    },
    { quantity: 'longest request', value: `${longest} tokens`, how: 'largest length whose blocks fit' },
  ];
}
