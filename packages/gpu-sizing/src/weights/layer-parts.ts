import type { PartKind } from '../model/quantization.ts';
import type { FeedForward, Mixer, ModelShape } from '../model/model-shape.ts';

/** A group of weights on one rank. */
export interface Part {
  readonly kind: PartKind;
  readonly elements: number;
  /** Kept in 32 bits whatever the model's type. */
  readonly wide?: boolean;
  /** Made after loading, and not in the files. */
  readonly derived?: boolean;
  /** Left in the model's type whatever the quantization. */
  readonly plain?: boolean;
}

export interface Split {
  readonly tensor: number;
  /** Ranks over which whole experts are dealt out; 1 = experts are cut by width. */
  readonly experts: number;
  /** Ranks over which the width of experts is cut: data parallel ranks take part. */
  readonly expertWidth: number;
}

export const whole: Split = { tensor: 1, experts: 1, expertWidth: 1 };

export function mixerParts(mixer: Mixer, hidden: number, { tensor }: Split): readonly Part[] {
  switch (mixer.kind) {
    case 'attention': {
      const width = mixer.inputWidth ?? hidden;
      const heads = mixer.heads / tensor;
      const keyValue = mixer.shared ? 0 : Math.max(1, mixer.keyValueHeads / tensor);
      const copied = mixer.valuesCopied === true ? keyValue * mixer.valueSize : 0;
      const rows =
        heads * mixer.headSize * (mixer.outputGate ? 2 : 1) +
        keyValue * (mixer.headSize + mixer.valueSize) -
        copied;
      const output = heads * mixer.valueSize * hidden;
      return [
        { kind: 'attention', elements: rows * width + output },
        ...(copied > 0 ? [{ kind: 'attention' as const, elements: copied * width, derived: true }] : []),
        ...(mixer.bias ? [{ kind: 'attention' as const, elements: rows, plain: true }] : []),
      ];
    }
    case 'latent': {
      const heads = mixer.heads / tensor;
      const perHead = mixer.noPosition + mixer.rope;
      const query =
        mixer.queryRank > 0
          ? mixer.queryRank * hidden + mixer.queryRank * heads * perHead
          : hidden * heads * perHead;
      const latent = hidden * (mixer.rank + mixer.rope);
      const up = mixer.rank * heads * (mixer.noPosition + mixer.valueSize);
      const output = heads * mixer.valueSize * hidden;
      const { index } = mixer;
      return [
        { kind: 'attention', elements: query + latent + up + output },
        { kind: 'attention', elements: up, derived: true, plain: true },
        ...(index === undefined || !index.owns
          ? []
          : [
              {
                kind: 'attention' as const,
                elements: (mixer.queryRank || hidden) * index.heads * index.size,
              },
              { kind: 'attention' as const, elements: hidden * (index.size + index.heads), plain: true },
            ]),
      ];
    }
    case 'mamba1': {
      const inner = mixer.inner / tensor;
      const linear =
        hidden * 2 * inner + inner * (mixer.rank + 2 * mixer.state) + mixer.rank * inner + inner * hidden;
      return [
        { kind: 'state', elements: linear + inner * (mixer.kernel + 2) },
        { kind: 'state', elements: inner * (mixer.state + 1), wide: true },
      ];
    }
    case 'mamba2': {
      const inner = mixer.inner / tensor;
      const groups = groupsOnRank(mixer.groups, tensor) * mixer.state;
      const linear = hidden * (2 * inner + 2 * groups + mixer.heads / tensor) + inner * hidden;
      return [
        { kind: 'state', elements: linear },
        { kind: 'state', elements: (inner + 2 * groups) * (mixer.kernel + 1) + inner, plain: true },
      ];
    }
    case 'deltaNet': {
      const keys = (mixer.keyHeads * mixer.keySize) / tensor;
      const values = (mixer.valueHeads * mixer.valueSize) / tensor;
      return [
        { kind: 'state', elements: hidden * (2 * keys + 2 * values) + values * hidden },
        {
          kind: 'state',
          elements: (hidden * 2 * mixer.valueHeads) / tensor + (2 * keys + values) * mixer.kernel,
          plain: true,
        },
      ];
    }
    case 'gatedDelta': {
      const inner = (mixer.heads * mixer.headSize) / tensor;
      const gates = 2 * (hidden * mixer.headSize + mixer.headSize * inner);
      return [
        { kind: 'state', elements: hidden * 3 * inner + inner * hidden },
        {
          kind: 'state',
          elements: gates + (hidden * mixer.heads) / tensor + 3 * inner * mixer.kernel,
          plain: true,
        },
      ];
    }
    case 'lightning': {
      const inner = (mixer.heads * mixer.headSize) / tensor;
      return [{ kind: 'state', elements: hidden * 5 * inner }];
    }
    case 'shortConvolution':
      return [{ kind: 'state', elements: (4 * hidden * mixer.width + mixer.width * mixer.kernel) / tensor }];
    case 'compressed':
      break;
  }
  return compressedParts(mixer, hidden, tensor);
}

/** Groups are copied so that every rank has those of its heads. */
export function groupsOnRank(groups: number, tensor: number): number {
  return groups % tensor === 0 ? groups / tensor : 1;
}

function compressedParts(
  mixer: Extract<Mixer, { kind: 'compressed' }>,
  hidden: number,
  tensor: number,
): readonly Part[] {
  const query = mixer.queryRank * hidden + (mixer.queryRank * mixer.heads * mixer.headSize) / tensor;
  const groupWidth = (mixer.heads * mixer.headSize) / mixer.outputGroups;
  const output =
    (mixer.outputGroups / tensor) * mixer.outputRank * groupWidth +
    (mixer.outputGroups * mixer.outputRank * hidden) / tensor;
  const compressor = mixer.ratio === 0 ? 0 : hidden * 2 * mixer.headSize * (mixer.ratio === 4 ? 2 : 1);
  const index = mixer.ratio === 4 ? mixer.queryRank * mixer.indexHeads * mixer.indexSize : 0;
  const indexPlain = mixer.ratio === 4 ? hidden * (mixer.indexHeads + 4 * mixer.indexSize) : 0;
  return [
    { kind: 'attention', elements: query + hidden * mixer.headSize + output + index },
    { kind: 'attention', elements: compressor + indexPlain, plain: true },
  ];
}

export function feedForwardParts(part: FeedForward, hidden: number, split: Split): readonly Part[] {
  const matrices = part.gated ? 3 : 2;
  if (part.kind === 'dense')
    return [{ kind: 'dense', elements: (matrices * hidden * part.width) / split.tensor }];
  const width = part.latent ?? hidden;
  const onRank = split.experts > 1 ? part.experts / split.experts : part.experts;
  const cut = split.experts > 1 ? part.width : part.width / split.expertWidth;
  return [
    { kind: 'experts', elements: onRank * matrices * width * cut },
    { kind: 'router', elements: part.experts * hidden },
    ...(part.latent === undefined ? [] : [{ kind: 'shared' as const, elements: 2 * hidden * part.latent }]),
    ...(part.sharedWidth === 0
      ? []
      : [{ kind: 'shared' as const, elements: (matrices * hidden * part.sharedWidth) / split.tensor }]),
  ];
}

export const vocabularyPadding = 64;

export function paddedVocabulary(shape: Pick<ModelShape, 'vocabulary'>): number {
  return Math.ceil(shape.vocabulary / vocabularyPadding) * vocabularyPadding;
}
