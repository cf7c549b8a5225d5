import type { Layer } from '../model/model-shape.ts';
import type { SizeContext } from '../size-context.ts';

/** Buffers that vLLM allocates for every LoRA slot: A and B of each linear layer, at the largest rank. */
export function loraBytes(context: SizeContext, layers: readonly Layer[]): number {
  const slots = context.request.loraSlots ?? 0;
  if (slots === 0) return 0;
  const rank = context.request.loraRank ?? 16;
  const { hiddenSize } = context.shape;
  const widths = layers.flatMap((layer) => [
    ...layer.mixers.map((mixer) =>
      mixer.kind === 'attention'
        ? 4 * hiddenSize +
          (mixer.heads * mixer.headSize * 2 + 2 * mixer.keyValueHeads * mixer.headSize) / context.tensor
        : 0,
    ),
    ...layer.feedForward.map((part) =>
      part.kind === 'dense' ? 3 * hiddenSize + (3 * part.width) / context.tensor : 0,
    ),
  ]);
  return slots * rank * context.modelBytes * widths.reduce((total, width) => total + width, 0);
}
