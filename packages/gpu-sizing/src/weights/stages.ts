import type { Layer, ModelShape } from '../model/model-shape.ts';
import { feedForwardParts, mixerParts, paddedVocabulary, type Part, type Split } from './layer-parts.ts';

/** Layers that one pipeline stage holds, and whether it has the embedding and the head. */
export interface Stage {
  readonly layers: readonly Layer[];
  readonly first: boolean;
  readonly last: boolean;
}

/** vLLM's own split: what is left over goes to the stages before the last (get_pp_indices). */
export function stagesOf(shape: ModelShape, pipeline: number): readonly Stage[] {
  const count = shape.layers.length;
  const sizes = Array.from({ length: pipeline }, () => Math.floor(count / pipeline));
  for (let index = 2; index < (count % pipeline) + 2; index += 1) {
    const stage = (pipeline - index + pipeline) % pipeline;
    sizes[stage] = (sizes[stage] ?? 0) + 1;
  }
  let start = 0;
  return sizes.map((size, index) => {
    const layers = shape.layers.slice(start, start + size);
    start += size;
    return { layers, first: index === 0, last: index === pipeline - 1 };
  });
}

/** Weights of one rank of a stage. */
export function stageParts(shape: ModelShape, stage: Stage, split: Split): readonly Part[] {
  const { hiddenSize: hidden } = shape;
  const vocabulary = (paddedVocabulary(shape) / split.tensor) * hidden;
  const reused = new Set<string>();
  const layers = stage.layers.flatMap((layer) => [
    ...layer.mixers.flatMap((mixer) =>
      mixer.kind === 'attention' &&
      mixer.reusedWeights === true &&
      seen(reused, `attention ${mixer.inputWidth}`)
        ? []
        : mixerParts(mixer, hidden, split),
    ),
    ...layer.feedForward.flatMap((part) =>
      part.kind === 'dense' && part.reusedWeights === true && seen(reused, `dense ${part.width}`)
        ? []
        : feedForwardParts(part, hidden, split),
    ),
  ]);
  const share = stage.layers.length / shape.layers.length;
  const embedding = stage.first || (stage.last && shape.tiedEmbeddings);
  return [
    ...layers,
    ...(embedding ? [{ kind: 'embedding' as const, elements: vocabulary }] : []),
    ...(stage.first ? [{ kind: 'embedding' as const, elements: shape.tableElements / split.tensor }] : []),
    ...(stage.last && shape.hasHead && !shape.tiedEmbeddings
      ? [{ kind: 'head' as const, elements: vocabulary }]
      : []),
    { kind: 'other', elements: shape.wholeElements * share },
    ...(stage.first && shape.vision !== undefined
      ? [
          {
            kind: 'vision' as const,
            elements: shape.vision.elements / (shape.vision.whole ? 1 : split.tensor),
          },
        ]
      : []),
  ];
}

/** Zamba2 has two copies of its shared block; one is kept for each pair of places. */
function seen(reused: Set<string>, key: string): boolean {
  const places = [...reused].filter((name) => name.startsWith(key)).length;
  if (places >= 2) return true;
  reused.add(`${key} ${places}`);
  return false;
}
