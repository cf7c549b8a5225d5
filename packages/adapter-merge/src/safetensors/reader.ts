import { type FileHandle, open } from 'node:fs/promises';
import { SafetensorsError, type SafetensorsErrorCode } from '../errors.ts';
import { findNonFinite, isFloat, toFloat32 } from '../floats.ts';
import { maximumHeaderBytes, parseHeader, type SafetensorsHeader, type TensorInfo } from './header.ts';

/** A checked header. Holds no descriptor: every read opens the file, so there is nothing to close. */
export interface SafetensorsFile extends SafetensorsHeader {
  readonly path: string;
  readonly byteLength: number;
  readonly modifiedMs: number;
}

/** Reads and checks the header of a safetensors file. */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  await using handle = await openFile(path);
  const status = await handle.stat();
  const byteLength = status.size;
  if (!status.isFile()) throw refuse(path, 'FileUnreadable', 'is not a regular file');
  if (byteLength < 8)
    throw refuse(path, 'FileTruncated', `has ${byteLength} bytes, a header length alone needs 8`);
  const prefix = await readExactly(handle, { path, offset: 0, byteLength: 8 });
  const headerBytes = new DataView(prefix.buffer).getBigUint64(0, true);
  if (headerBytes > BigInt(maximumHeaderBytes))
    throw refuse(
      path,
      'HeaderTooLarge',
      `announces a header of ${headerBytes} bytes, the limit is ${maximumHeaderBytes}`,
    );
  if (8 + Number(headerBytes) > byteLength)
    throw refuse(
      path,
      'FileTruncated',
      `announces a header of ${headerBytes} bytes, but has ${byteLength} in all`,
    );
  const json = await readExactly(handle, { path, offset: 8, byteLength: Number(headerBytes) });
  return { ...parseHeader(json, path, byteLength), path, byteLength, modifiedMs: status.mtimeMs };
}

/** A header with every tensor's bytes in memory; for files known to be small. */
export async function readSafetensors(path: string): Promise<LoadedSafetensors> {
  const file = await openSafetensors(path);
  const data = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const name of file.tensors.keys()) data.set(name, await readTensor(file, name));
  return { ...file, data };
}

export interface LoadedSafetensors extends SafetensorsFile {
  readonly data: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** A tensor's bytes, or `length` of them from `start`, in a buffer of their own. */
export async function readTensor(
  file: SafetensorsFile,
  name: string,
  range?: { readonly start: number; readonly length: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const tensor = tensorOf(file, name);
  const { start, length } = range ?? { start: 0, length: tensor.byteLength };
  if (start < 0 || length < 0 || start + length > tensor.byteLength)
    throw new RangeError(
      `bytes ${start}..${start + length} are outside tensor ${name} of ${tensor.byteLength} bytes`,
    );
  await using handle = await openFile(file.path);
  return await readExactly(handle, {
    path: file.path,
    offset: tensor.offset + start,
    byteLength: length,
    tensor: name,
  });
}

/** A floating-point tensor widened to fp32; every F16, BF16 and F32 number is kept exactly. */
export async function readFloat32(file: SafetensorsFile, name: string): Promise<Float32Array<ArrayBuffer>> {
  const { dtype } = tensorOf(file, name);
  if (!isFloat(dtype)) throw refuse(file.path, 'DataTypeUnknown', `${dtype} cannot be read as fp32`, name);
  return toFloat32(await readTensor(file, name), dtype);
}

/** Like {@link readFloat32}, and refuses NaN and infinity. */
export async function readFiniteFloat32(
  file: SafetensorsFile,
  name: string,
): Promise<Float32Array<ArrayBuffer>> {
  const values = await readFloat32(file, name);
  const at = findNonFinite(values);
  if (at >= 0) throw refuse(file.path, 'NotFinite', `element ${at} is ${values[at]}`, name);
  return values;
}

function tensorOf(file: SafetensorsFile, name: string): TensorInfo {
  const tensor = file.tensors.get(name);
  if (!tensor) throw refuse(file.path, 'TensorMissing', 'is not in the file', name);
  return tensor;
}

interface Span {
  readonly path: string;
  readonly offset: number;
  readonly byteLength: number;
  readonly tensor?: string;
}

/** One read(2) moves at most 2 GiB. */
const maximumReadBytes = 1 << 30;

async function readExactly(handle: FileHandle, span: Span): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(span.byteLength);
  for (let done = 0; done < span.byteLength;) {
    const length = Math.min(span.byteLength - done, maximumReadBytes);
    const { bytesRead } = await handle.read(bytes, done, length, span.offset + done);
    if (bytesRead === 0)
      throw refuse(
        span.path,
        'FileTruncated',
        `ended at byte ${span.offset + done} while it was read`,
        span.tensor,
      );
    done += bytesRead;
  }
  return bytes;
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    throw refuse(path, 'FileUnreadable', (error as Error).message);
  }
}

const hints: Partial<Record<SafetensorsErrorCode, string>> = {
  FileTruncated: 'copy or download the file again; it is shorter than its header says',
  FileUnreadable: 'check that the file exists and may be read',
  NotFinite: 'the training run diverged; export an earlier checkpoint',
};

function refuse(
  file: string,
  code: SafetensorsErrorCode,
  message: string,
  tensor?: string,
): SafetensorsError {
  const hint = hints[code] ?? 'write the file again with the safetensors library';
  return new SafetensorsError(message, { code, file, hint, ...(tensor === undefined ? {} : { tensor }) });
}
