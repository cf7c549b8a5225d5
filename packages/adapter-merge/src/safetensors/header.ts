import { SafetensorsError, type SafetensorsErrorCode } from '../errors.ts';
import { byteLengthOf, type DataType, isDataType } from './data-types.ts';
import { findDuplicateKey } from './duplicate-keys.ts';

/** The reference library's own bound. */
export const maximumHeaderBytes = 100_000_000;

export interface TensorInfo {
  readonly name: string;
  readonly dtype: DataType;
  readonly shape: readonly number[];
  /** Position in the file, not in its data section. */
  readonly offset: number;
  readonly byteLength: number;
}

export interface SafetensorsHeader {
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** Checks a whole header: names, types, shapes, and that the tensors fill the file without hole or overlap. */
export function parseHeader(json: Uint8Array, file: string, fileBytes: number): SafetensorsHeader {
  const refuse = refusal(file);
  const entries = parseObject(json, refuse);
  const dataStart = 8 + json.byteLength;
  const metadata = new Map<string, string>();
  const tensors: TensorInfo[] = [];
  for (const [name, value] of Object.entries(entries)) {
    if (name === '__metadata__') {
      for (const [key, text] of parseMetadata(value, refuse)) metadata.set(key, text);
    } else tensors.push(parseTensor({ name, value, dataStart }, refuse));
  }
  checkContiguous(tensors, { dataStart, fileBytes }, refuse);
  return { tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])), metadata };
}

type Refuse = (code: SafetensorsErrorCode, message: string, tensor?: string) => SafetensorsError;

function refusal(file: string): Refuse {
  return (code, message, tensor) =>
    new SafetensorsError(message, {
      code,
      file,
      ...(tensor === undefined ? {} : { tensor }),
      hint: 'write the file again with the safetensors library, or copy it again if it was cut short',
    });
}

function parseObject(json: Uint8Array, refuse: Refuse): Record<string, unknown> {
  if (json[0] !== 0x7b) throw refuse('HeaderInvalid', 'the header does not start with {');
  let value: unknown;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(json);
    value = JSON.parse(text);
  } catch (error) {
    throw refuse('HeaderInvalid', `the header is not JSON: ${(error as Error).message}`);
  }
  const duplicate = findDuplicateKey(text);
  if (duplicate !== undefined)
    throw refuse('DuplicateName', `the header names ${JSON.stringify(duplicate)} twice`);
  return value as Record<string, unknown>;
}

function parseMetadata(value: unknown, refuse: Refuse): [string, string][] {
  const isTextMap = isRecord(value) && Object.values(value).every((text) => typeof text === 'string');
  if (!isTextMap) throw refuse('HeaderInvalid', '__metadata__ is not a map from text to text');
  return Object.entries(value as Record<string, string>);
}

interface RawTensor {
  readonly name: string;
  readonly value: unknown;
  readonly dataStart: number;
}

function parseTensor({ name, value, dataStart }: RawTensor, refuse: Refuse): TensorInfo {
  const entry = isRecord(value) ? value : {};
  const {
    dtype,
    shape,
    data_offsets: offsets,
  } = entry as Record<'dtype' | 'shape' | 'data_offsets', unknown>;
  if (typeof dtype !== 'string' || !isSizes(shape) || !isSizes(offsets) || offsets.length !== 2)
    throw refuse('HeaderInvalid', 'the header entry needs dtype, shape and two data_offsets', name);
  if (!isDataType(dtype)) throw refuse('DataTypeUnknown', `unknown dtype ${JSON.stringify(dtype)}`, name);
  const [begin, end] = offsets as [number, number];
  const byteLength = byteLengthOf(dtype, shape);
  if (byteLength !== end - begin)
    throw refuse(
      'SizeMismatch',
      `${dtype} of shape [${shape.join(', ')}] needs ${byteLength ?? 'a whole number of'} bytes, its offsets give ${end - begin}`,
      name,
    );
  return { name, dtype, shape, offset: dataStart + begin, byteLength };
}

function checkContiguous(
  tensors: readonly TensorInfo[],
  { dataStart, fileBytes }: { readonly dataStart: number; readonly fileBytes: number },
  refuse: Refuse,
): void {
  let position = dataStart;
  for (const tensor of tensors.toSorted(
    (left, right) => left.offset - right.offset || left.byteLength - right.byteLength,
  )) {
    if (tensor.offset !== position)
      throw refuse('HoleOrOverlap', `starts at byte ${tensor.offset}, expected ${position}`, tensor.name);
    position += tensor.byteLength;
    if (position > fileBytes)
      throw refuse('FileTruncated', `ends at byte ${position}, the file has ${fileBytes}`, tensor.name);
  }
  if (position < fileBytes)
    throw refuse('FileTooLong', `${fileBytes - position} bytes after the last tensor belong to none`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
