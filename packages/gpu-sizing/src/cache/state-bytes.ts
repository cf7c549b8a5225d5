import type { Mixer } from '../model/model-shape.ts';
import { groupsOnRank } from '../weights/layer-parts.ts';

export interface StateTypes {
  /** Bytes of the short convolution's values: the model's type. */
  readonly convolution: number;
  readonly recurrent: number;
}

/** Bytes of one request's state in one layer on one rank; undefined for mixers without one. (vLLM MambaStateShapeCalculator) */
export function stateBytes(
  mixer: Mixer,
  tensor: number,
  types: StateTypes,
  speculative: number,
): number | undefined {
  switch (mixer.kind) {
    case 'mamba1':
      return (
        (mixer.inner / tensor) *
        ((mixer.kernel - 1 + speculative) * types.convolution + mixer.state * types.recurrent)
      );
    case 'mamba2': {
      const groups = groupsOnRank(mixer.groups, tensor) * tensor;
      const width = (mixer.inner + 2 * groups * mixer.state) / tensor;
      return (
        width * (mixer.kernel - 1 + speculative) * types.convolution +
        (mixer.heads / tensor) * mixer.headSize * mixer.state * types.recurrent
      );
    }
    case 'deltaNet': {
      const width = (2 * mixer.keyHeads * mixer.keySize + mixer.valueHeads * mixer.valueSize) / tensor;
      return (
        width * (mixer.kernel - 1 + speculative) * types.convolution +
        (mixer.valueHeads / tensor) * mixer.valueSize * mixer.keySize * types.recurrent
      );
    }
    case 'gatedDelta': {
      const width = (3 * mixer.heads * mixer.headSize) / tensor;
      return (
        width * (mixer.kernel - 1 + speculative) * types.convolution +
        (mixer.heads / tensor) * mixer.headSize ** 2 * types.recurrent
      );
    }
    case 'lightning':
      return (mixer.heads / tensor) * mixer.headSize ** 2 * types.recurrent;
    case 'shortConvolution':
      return (mixer.width / tensor) * (mixer.kernel - 1 + speculative) * types.convolution;
    case 'attention':
    case 'latent':
    case 'compressed':
      break;
  }
  return undefined;
}

/** Mixers whose recurrent state is kept in 32 bits by their own code. */
export function recurrentBytes(
  mixer: Mixer,
  told: string | undefined,
  modelBytes: number,
  architecture: string,
): number {
  if (told === 'float32') return 4;
  if (told === 'bfloat16' || told === 'float16') return 2;
  if (mixer.kind === 'gatedDelta' || mixer.kind === 'lightning') return 4;
  return architecture.startsWith('NemotronH') ? 4 : modelBytes;
}
