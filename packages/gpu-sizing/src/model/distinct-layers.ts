import type { Layer, Mixer } from './model-shape.ts';

export interface CountedLayer {
  readonly layer: Layer;
  readonly count: number;
}

const counted: WeakMap<readonly Layer[], readonly CountedLayer[]> = new WeakMap();

/** Layers that are alike, counted: a model has many layers and few kinds, and a sweep asks again and again. */
export function distinctLayers(layers: readonly Layer[]): readonly CountedLayer[] {
  const known = counted.get(layers);
  if (known !== undefined) return known;
  const kinds = new Map<string, CountedLayer>();
  for (const layer of layers) {
    const key = JSON.stringify(layer);
    const own = kinds.get(key);
    kinds.set(key, { layer: own?.layer ?? layer, count: (own?.count ?? 0) + 1 });
  }
  const list = [...kinds.values()];
  counted.set(layers, list);
  return list;
}

const mixers: WeakMap<readonly Layer[], readonly Mixer[]> = new WeakMap();

/** One mixer of each kind that the layers have. */
export function distinctMixers(layers: readonly Layer[]): readonly Mixer[] {
  const known = mixers.get(layers) ?? distinctLayers(layers).flatMap(({ layer }) => layer.mixers);
  mixers.set(layers, known);
  return known;
}
