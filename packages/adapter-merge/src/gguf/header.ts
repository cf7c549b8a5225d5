import { open } from 'node:fs/promises';
import { AdapterError } from '../errors.ts';
import { ByteCursor, OutOfBytes } from './byte-cursor.ts';

/** A tensor as numpy would give its shape: slowest dimension first (the file stores them the other way round). */
export interface GgufTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** ggml's type number; 0 is F32, 1 is F16. */
  readonly type: number;
  /** Position in the file. */
  readonly offset: number;
}

export interface GgufHeader {
  readonly path: string;
  /** Scalars only; the arrays (the vocabulary) are walked over. */
  readonly metadata: ReadonlyMap<string, string | number | boolean>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
}

const firstReadBytes = 1 << 20;
const maximumHeaderBytes = 1 << 29;
const defaultAlignment = 32;
export const ggufMagic = 0x46554747;

/** Reads a GGUF header; its length is not written anywhere, so more is read until it parses. */
export async function readGgufHeader(path: string): Promise<GgufHeader> {
  try {
    await using handle = await open(path, 'r');
    const { size } = await handle.stat();
    for (let length = Math.min(firstReadBytes, size); ; length = Math.min(length * 4, size)) {
      const bytes = new Uint8Array(length);
      const { bytesRead } = await handle.read(bytes, 0, length, 0);
      try {
        return parse(new ByteCursor(bytes.subarray(0, bytesRead)), path);
      } catch (error) {
        if (!(error instanceof OutOfBytes)) throw error;
        if (length >= Math.min(size, maximumHeaderBytes)) throw refuse(path, 'ends inside its header');
      }
    }
  } catch (error) {
    if (error instanceof AdapterError) throw error;
    throw refuse(path, `cannot be read: ${(error as Error).message}`);
  }
}

function parse(cursor: ByteCursor, path: string): GgufHeader {
  if (cursor.u32() !== ggufMagic) throw refuse(path, 'does not start with GGUF');
  const version = cursor.u32();
  if (version !== 2 && version !== 3) throw refuse(path, `has GGUF version ${version}; 2 and 3 are known`);
  const tensorCount = cursor.size();
  const pairCount = cursor.size();
  const metadata = new Map<string, string | number | boolean>();
  for (let index = 0; index < pairCount; index += 1) {
    const key = cursor.text();
    const value = readValue(cursor, cursor.u32(), path);
    if (value !== undefined) metadata.set(key, value);
  }
  const infos = [];
  for (let index = 0; index < tensorCount; index += 1) infos.push(readTensorInfo(cursor, path));
  const alignment = metadata.get('general.alignment') ?? defaultAlignment;
  if (typeof alignment !== 'number' || alignment < 1) throw refuse(path, `has an alignment of ${alignment}`);
  const dataStart = Math.ceil(cursor.position / alignment) * alignment;
  const tensors = new Map(infos.map((info) => [info.name, { ...info, offset: dataStart + info.offset }]));
  if (tensors.size !== infos.length) throw refuse(path, 'names a tensor twice');
  return { path, metadata, tensors };
}

const arrayType = 9;
const maximumDepth = 4;

function readValue(
  cursor: ByteCursor,
  type: number,
  path: string,
  depth = 0,
): string | number | boolean | undefined {
  if (type !== arrayType) {
    const value = cursor.scalar(type);
    if (value === undefined) throw refuse(path, `has a value of unknown type ${type}`);
    return value;
  }
  if (depth >= maximumDepth) throw refuse(path, 'nests arrays too deeply');
  const elementType = cursor.u32();
  const count = cursor.size();
  for (let index = 0; index < count; index += 1) readValue(cursor, elementType, path, depth + 1);
  return undefined;
}

function readTensorInfo(cursor: ByteCursor, path: string): GgufTensor {
  const name = cursor.text();
  const dimensions = cursor.u32();
  if (dimensions > 4) throw refuse(path, `tensor ${name} has ${dimensions} dimensions`);
  const shape = Array.from({ length: dimensions }, () => cursor.size()).toReversed();
  return { name, shape, type: cursor.u32(), offset: cursor.size() };
}

function refuse(file: string, message: string): AdapterError {
  return new AdapterError(message, {
    code: 'BaseInvalid',
    file,
    hint: 'convert or download the GGUF file again',
  });
}
