import { distinctLayers, type CountedLayer } from '../model/distinct-layers.ts';
import type { Layer, ModelShape } from '../model/model-shape.ts';
import { feedForwardParts, mixerParts, paddedVocabulary, type Part, type Split } from './layer-parts.ts';

/** Layers that one pipeline stage holds, and whether it has the embedding and the head. */
export interface Stage {
  readonly layers: readonly Layer[];
  readonly first: boolean;
  readonly last: boolean;
}

const splits: WeakMap<ModelShape, Map<number, readonly Stage[]>> = new WeakMap();

export function stagesOf(shape: ModelShape, pipeline: number): readonly Stage[] {
  const known = splits.get(shape) ?? new Map<number, readonly Stage[]>();
  splits.set(shape, known);
  const stages = known.get(pipeline) ?? splitLayers(shape, pipeline);
  known.set(pipeline, stages);
  return stages;
}

/** vLLM's own split: what is left over goes to the stages before the last (get_pp_indices). */
function splitLayers(shape: ModelShape, pipeline: number): readonly Stage[] {
  const count = shape.layers.length;
  const sizes = Array.from({ length: pipeline }, () => Math.floor(count / pipeline));
  for (let index = 2; index < (count % pipeline) + 2; index += 1) {
    const stage = (pipeline - index + pipeline) % pipeline;
    sizes[stage] = (sizes[stage] ?? 0) + 1;
  }
  let start = 0;
  return sizes.map((size, index) => {
    const layers = pipeline === 1 ? shape.layers : shape.layers.slice(start, start + size);
    start += size;
    return { layers, first: index === 0, last: index === pipeline - 1 };
  });
}

const partsOfStage = new WeakMap<Stage, Map<string, readonly Part[]>>();

/** Weights of one rank of a stage; a sweep asks for the same few again and again. */
export function stageParts(shape: ModelShape, stage: Stage, split: Split): readonly Part[] {
  const known = partsOfStage.get(stage) ?? new Map<string, readonly Part[]>();
  partsOfStage.set(stage, known);
  const key = `${split.tensor} ${split.experts} ${split.expertWidth}`;
  const parts = known.get(key) ?? partsOf(shape, stage, split);
  known.set(key, parts);
  return parts;
}

function partsOf(shape: ModelShape, stage: Stage, split: Split): readonly Part[] {
  const { hiddenSize: hidden } = shape;
  const vocabulary = (paddedVocabulary(shape) / split.tensor) * hidden;
  const layers = distinctLayers(stage.layers).flatMap((counted) => layerParts(counted, hidden, split));
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

function layerParts({ layer, count }: CountedLayer, hidden: number, split: Split): readonly Part[] {
  const mixers = layer.mixers.flatMap((mixer) =>
    times(mixerParts(mixer, hidden, split), mixer.kind === 'attention' && mixer.reusedWeights, count),
  );
  const feedForwards = layer.feedForward.flatMap((part) =>
    times(feedForwardParts(part, hidden, split), part.kind === 'dense' && part.reusedWeights, count),
  );
  return mixers.concat(feedForwards);
}

/** Zamba2 has two copies of its shared block, whatever the number of places. */
const sharedCopies = 2;

function times(parts: readonly Part[], reused: boolean | undefined, count: number): readonly Part[] {
  const copies = reused === true ? Math.min(sharedCopies, count) : count;
  return parts.map((part) => repeated(part, copies));
}

function repeated(part: Part, copies: number): Part {
  return Object.assign({}, part, { elements: part.elements * copies });
}
