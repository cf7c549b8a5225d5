import { writeFileSync } from 'node:fs';

/** Sizes that llama.cpp takes; the weights mean nothing, so only that vectors come out can be tested. */
const width = 32;
const innerWidth = 64;
const contextLength = 64;
const vocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', '▁hello', '▁world'];

const alignment = 32;
const types = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 } as const;

interface Tensor {
  readonly name: string;
  /** The innermost dimension first. */
  readonly shape: readonly number[];
}

/** A BERT of one layer as a GGUF file: an architecture that can embed and cannot generate. */
export function writeTinyEncoder(file: string): void {
  const facts = metadata();
  const layout = tensors();
  const infos: Buffer[] = [];
  const data: Buffer[] = [];
  let offset = 0;
  for (const { name, shape } of layout) {
    const bytes = weights(
      shape.reduce((product, size) => product * size, 1),
      name.endsWith('norm.weight'),
    );
    infos.push(text(name), uint32(shape.length), ...shape.map(uint64), uint32(0), uint64(offset));
    data.push(bytes, padding(bytes.length));
    offset += bytes.length + padding(bytes.length).length;
  }
  const head = Buffer.concat([
    Buffer.from('GGUF'),
    uint32(3),
    uint64(layout.length),
    uint64(facts.length),
    ...facts,
    ...infos,
  ]);
  writeFileSync(file, Buffer.concat([head, padding(head.length), ...data]));
}

function metadata(): readonly Buffer[] {
  const tokenTypes = vocabulary.map((_token, index) => uint32(index < 5 ? 3 : 1));
  return [
    fact('general.architecture', types.string, text('bert')),
    fact('bert.context_length', types.uint32, uint32(contextLength)),
    fact('bert.embedding_length', types.uint32, uint32(width)),
    fact('bert.feed_forward_length', types.uint32, uint32(innerWidth)),
    fact('bert.block_count', types.uint32, uint32(1)),
    fact('bert.attention.head_count', types.uint32, uint32(2)),
    fact('bert.attention.layer_norm_epsilon', types.float32, float32(1e-12)),
    fact('bert.attention.causal', types.bool, Buffer.from([0])),
    fact('bert.pooling_type', types.uint32, uint32(1)),
    fact('tokenizer.ggml.model', types.string, text('bert')),
    fact('tokenizer.ggml.tokens', types.array, list(types.string, vocabulary.map(text))),
    fact('tokenizer.ggml.token_type', types.array, list(types.int32, tokenTypes)),
    fact('tokenizer.ggml.token_type_count', types.uint32, uint32(2)),
    fact('tokenizer.ggml.padding_token_id', types.uint32, uint32(0)),
    fact('tokenizer.ggml.unknown_token_id', types.uint32, uint32(1)),
    fact('tokenizer.ggml.bos_token_id', types.uint32, uint32(2)),
    fact('tokenizer.ggml.cls_token_id', types.uint32, uint32(2)),
    fact('tokenizer.ggml.eos_token_id', types.uint32, uint32(3)),
    fact('tokenizer.ggml.seperator_token_id', types.uint32, uint32(3)),
    fact('tokenizer.ggml.mask_token_id', types.uint32, uint32(4)),
  ];
}

function tensors(): readonly Tensor[] {
  return [
    { name: 'token_embd.weight', shape: [width, vocabulary.length] },
    { name: 'token_types.weight', shape: [width, 2] },
    { name: 'position_embd.weight', shape: [width, contextLength] },
    ...pair('token_embd_norm', width),
    ...['attn_q', 'attn_k', 'attn_v', 'attn_output'].flatMap((name) => pair(`blk.0.${name}`, width, width)),
    ...pair('blk.0.attn_output_norm', width),
    ...pair('blk.0.ffn_up', width, innerWidth),
    ...pair('blk.0.ffn_down', innerWidth, width),
    ...pair('blk.0.layer_output_norm', width),
  ];
}

function pair(name: string, ...shape: readonly number[]): readonly Tensor[] {
  return [
    { name: `${name}.weight`, shape },
    { name: `${name}.bias`, shape: shape.slice(-1) },
  ];
}

function weights(count: number, isScale: boolean): Buffer {
  return Buffer.concat(
    Array.from({ length: count }, (_unused, index) => float32(isScale ? 1 : Math.sin(index + 1) / 8)),
  );
}

function fact(key: string, type: number, value: Buffer): Buffer {
  return Buffer.concat([text(key), uint32(type), value]);
}

function list(type: number, items: readonly Buffer[]): Buffer {
  return Buffer.concat([uint32(type), uint64(items.length), ...items]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint64(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function float32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function padding(length: number): Buffer {
  return Buffer.alloc((alignment - (length % alignment)) % alignment);
}
