import type { ModelShape } from '../model/model-shape.ts';
import type { PartKind, Quantization } from '../model/quantization.ts';
import { storedBytes } from './dtypes.ts';
import { mixerParts, feedForwardParts, whole, type Part } from './layer-parts.ts';
import { stageParts } from './stages.ts';

/** How the stored bytes are explained by the config. */
export interface Reading {
  /** Parts that are quantized. */
  readonly covers: ReadonlySet<PartKind>;
  /** Stored over computed; the layers are corrected by it. */
  readonly ratio: number;
  /** How far the stored bytes are from the nearest explanation, as a share. */
  readonly misread: number;
  /** Bytes of image and audio towers, where the stored sum tells them. */
  readonly visionBytes: number | undefined;
  readonly how: string;
}

export function partBytes(
  part: Part,
  plainBytes: number,
  quantization: Quantization | undefined,
  covers: ReadonlySet<PartKind>,
): number {
  if (part.wide === true) return part.elements * 4;
  if (part.plain === true || quantization === undefined || !covers.has(part.kind))
    return part.elements * plainBytes;
  const scheme = part.kind === 'experts' ? quantization.experts : quantization.linear;
  return part.elements * scheme.bytesPerElement;
}

const readings = new WeakMap<ModelShape, Map<string, Reading>>();

/** As `explainStored`, remembered per model. */
export function readStored(
  shape: ModelShape,
  stored: number,
  quantization: Quantization | undefined,
): Reading {
  const known = readings.get(shape) ?? new Map<string, Reading>();
  readings.set(shape, known);
  const key = `${stored} ${quantization?.method} ${quantization?.linear.name} ${quantization?.experts.name}`;
  const reading = known.get(key) ?? explainStored(shape, stored, quantization);
  known.set(key, reading);
  return reading;
}

/** Explains the stored bytes by the choice of options (type, tied head, draft layers, covered parts) that comes closest. */
function explainStored(shape: ModelShape, stored: number, quantization: Quantization | undefined): Reading {
  const parts = stageParts(shape, { layers: shape.layers, first: true, last: true }, whole).filter(
    (part) => part.derived !== true,
  );
  const visionElements = parts
    .filter((part) => part.kind === 'vision')
    .reduce((total, part) => total + part.elements, 0);
  let best: (Reading & { readonly distance: number }) | undefined;
  for (const candidate of candidates(shape, quantization)) {
    const rest = parts.filter((part) => part.kind !== 'vision');
    const bytes = rest.reduce(
      (total, part) => total + partBytes(part, candidate.plain, quantization, candidate.covers),
      0,
    );
    const predicted = bytes + candidate.extra(parts) + visionElements * candidate.plain;
    const ratio = stored / predicted;
    const distance = Math.abs(Math.log(ratio)) + candidate.penalty;
    if (best !== undefined && best.distance <= distance) continue;
    const left = stored - bytes - candidate.extra(parts);
    const towers = shape.multimodal && left > 0 && left < 0.5 * stored;
    best = {
      covers: candidate.covers,
      ratio: towers || (shape.draftLayers > 0 && ratio > 1 && ratio < 1.2) ? 1 : ratio,
      misread: Math.abs(towers ? 0 : ratio - 1),
      visionBytes: towers ? left : undefined,
      how: candidate.how,
      distance,
    };
  }
  return (
    best ?? {
      covers: new Set(),
      ratio: 1,
      misread: 0,
      visionBytes: undefined,
      how: 'computed from the config',
    }
  );
}

interface Candidate {
  readonly plain: number;
  readonly covers: ReadonlySet<PartKind>;
  readonly extra: (parts: readonly Part[]) => number;
  readonly penalty: number;
  readonly how: string;
}

const optional: readonly PartKind[] = ['attention', 'state', 'dense', 'shared'];

function candidates(shape: ModelShape, quantization: Quantization | undefined): readonly Candidate[] {
  const plainTypes = [...new Set([storedBytes(shape.dtype), ...(quantization === undefined ? [4, 2] : [])])];
  const sets = quantization === undefined ? [new Set<PartKind>()] : coverSets(quantization);
  return plainTypes.flatMap((plain, typeIndex) =>
    sets.flatMap((covers, setIndex) =>
      [false, true].flatMap((head) =>
        [false, true].flatMap((draft) => {
          if ((head && !shape.tiedEmbeddings) || (draft && shape.draftLayers === 0)) return [];
          const extra = (parts: readonly Part[]): number =>
            (head ? embeddingBytes(parts, plain) : 0) +
            (draft ? draftBytes(shape, plain, quantization, covers) : 0);
          const said = [
            ...(head ? ['a stored head that is tied'] : []),
            ...(draft ? ['draft layers'] : []),
            ...(setIndex > 0 ? [`quantized: ${[...covers].join(', ')}`] : []),
          ];
          return [
            {
              plain,
              covers,
              extra,
              penalty: 0.002 * typeIndex + 0.003 * Math.min(setIndex, 3),
              how: said.length === 0 ? 'stored as the config says' : `stored with ${said.join(' and ')}`,
            },
          ];
        }),
      ),
    ),
  );
}

function coverSets(quantization: Quantization): readonly ReadonlySet<PartKind>[] {
  const base = quantization.covers;
  const droppable = optional.filter((kind) => base.has(kind));
  const subsets = Array.from(
    { length: 2 ** droppable.length },
    (_, mask) =>
      new Set(
        [...base].filter(
          (kind) => !droppable.includes(kind) || (mask & (1 << droppable.indexOf(kind))) === 0,
        ),
      ),
  );
  const withHead = [...subsets, new Set<PartKind>([...base, 'head'])];
  return [
    ...withHead,
    ...(quantization.listed ? [] : [new Set<PartKind>([...base, 'attention', 'state', 'shared'])]),
  ];
}

function embeddingBytes(parts: readonly Part[], plain: number): number {
  const embedding = parts.find((part) => part.kind === 'embedding');
  return (embedding?.elements ?? 0) * plain;
}

/** A draft layer looks like the last layer; its own projection and norms are small. */
export function draftBytes(
  shape: ModelShape,
  plain: number,
  quantization: Quantization | undefined,
  covers: ReadonlySet<PartKind>,
): number {
  const full =
    shape.layers.findLast((layer) =>
      layer.mixers.some(({ kind }) => kind === 'attention' || kind === 'latent' || kind === 'compressed'),
    ) ?? shape.layers.at(-1);
  const feed = shape.layers.findLast((layer) => layer.feedForward.length > 0);
  const parts = [
    ...(full?.mixers ?? []).flatMap((mixer) => mixerParts(mixer, shape.hiddenSize, whole)),
    ...(feed?.feedForward ?? []).flatMap((part) => feedForwardParts(part, shape.hiddenSize, whole)),
    { kind: 'other' as const, elements: 2 * shape.hiddenSize ** 2 },
  ].filter((part) => !('derived' in part) || part.derived === undefined);
  const one = parts.reduce((total, part) => total + partBytes(part, plain, quantization, covers), 0);
  return shape.draftLayers * one;
}
