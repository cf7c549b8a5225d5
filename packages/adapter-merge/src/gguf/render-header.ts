import { ggufMagic } from './header.ts';

export interface GgufInfo {
  readonly name: string;
  /** Slowest dimension first. */
  readonly shape: readonly [number, number];
}

const version = 3;
const typeText = 8;
const typeFloat32 = 6;
const tensorTypeFloat32 = 0;

/** The header of a GGUF file whose tensors are all F32 LoRA factors, padded to where the data starts. */
export function renderGgufHeader(options: {
  readonly architecture: string;
  readonly alpha: number;
  readonly infos: readonly GgufInfo[];
  readonly alignment: number;
}): Uint8Array {
  const { infos, alignment } = options;
  const pairs = [
    [text('general.architecture'), u32(typeText), text(options.architecture)],
    [text('general.type'), u32(typeText), text('adapter')],
    [text('adapter.type'), u32(typeText), text('lora')],
    [text('adapter.lora.alpha'), u32(typeFloat32), f32(options.alpha)],
  ];
  const chunks = [u32(ggufMagic), u32(version), u64(infos.length), u64(pairs.length), ...pairs.flat()];
  let position = 0;
  for (const { name, shape } of infos) {
    chunks.push(
      text(name),
      u32(shape.length),
      ...shape.toReversed().map(u64),
      u32(tensorTypeFloat32),
      u64(position),
    );
    position += Math.ceil((shape[0] * shape[1] * 4) / alignment) * alignment;
  }
  const length = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  return Buffer.concat(chunks, Math.ceil(length / alignment) * alignment);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.byteLength), bytes]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function f32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}
