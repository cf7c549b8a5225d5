import { chmod, copyFile, cp, mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { constants } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { syncDirectory } from '../atomic-file.ts';
import { type BaseShapes, readBaseShapes } from '../base/shapes.ts';
import { AdapterError } from '../errors.ts';
import type { FusedAdapter } from '../fuse.ts';
import { refuseEmpty } from '../peft/writer.ts';
import { addUpdate } from './add-update.ts';
import { refuseChangedCopies } from './base-copies.ts';
import { manifestFileName, mergeKey, type MergeManifest, readManifest } from './manifest.ts';
import { type MergePlan, planMerge, type TensorChange } from './plan.ts';
import { writeUntiedOutput } from './untied-output.ts';

export interface MergeOptions {
  /** A folder with config.json and safetensors, in shards or not. Never written to. */
  readonly baseDirectory: string;
  readonly fused: FusedAdapter;
  /** Appears whole or not at all; an earlier merge there is replaced, anything else is refused. */
  readonly outputDirectory: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly doneBytes: number; readonly totalBytes: number }) => void;
}

export interface MergeResult extends MergeManifest {
  /** The folder was there already, made from the same inputs. */
  readonly reused: boolean;
}

/** Writes base + ΔW as a model folder. Sums all adapters in at least fp32 and rounds each element once, to nearest even. */
export async function mergeIntoBase(options: MergeOptions): Promise<MergeResult> {
  const { baseDirectory, fused } = options;
  const outputDirectory = resolve(options.outputDirectory);
  refuseEmpty(fused, baseDirectory);
  const base = await readBaseShapes(baseDirectory);
  const plan = planMerge(fused, base);
  await refuseChangedCopies(fused, base);
  const inputs = await mergeKey(fused, baseDirectory);
  const existing = await readManifest(outputDirectory);
  if (existing?.key === inputs.key) return { ...existing, reused: true };
  if (!existing) await refuseForeign(outputDirectory);
  const temporary = join(dirname(outputDirectory), `.tmp-${basename(outputDirectory)}`);
  try {
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary, { recursive: true });
    await copyUnchanged(base, temporary);
    const counts = await applyPlan({ plan, base, directory: temporary }, options);
    const manifest: MergeManifest = { ...inputs, ...counts };
    await writeFile(join(temporary, manifestFileName), `${JSON.stringify(manifest, null, 2)}\n`, {
      flush: true,
    });
    await syncDirectory(temporary);
    await replaceDirectory(temporary, outputDirectory);
    return { ...manifest, reused: false };
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw (error as NodeJS.ErrnoException).code === 'ENOSPC' ? noSpace(outputDirectory, error) : error;
  }
}

/** Other formats of the same weights would contradict the merged ones. */
const otherWeights = /\.(gguf|bin|pt|pth|msgpack|h5|onnx)$/;

async function copyUnchanged(base: BaseShapes, target: string): Promise<void> {
  const shards = new Set(base.shards?.map(({ path }) => basename(path)));
  for (const name of await readdir(base.path)) {
    const source = join(base.path, name);
    const isStray = name.endsWith('.safetensors') && !shards.has(name);
    if (name.startsWith('.') || isStray || otherWeights.test(name) || name === manifestFileName) continue;
    if ((await stat(source)).isDirectory())
      await cp(source, join(target, name), { recursive: true, dereference: true });
    else {
      await copyFile(source, join(target, name), constants.COPYFILE_FICLONE);
      await chmod(join(target, name), 0o644);
      await syncFile(join(target, name));
    }
  }
}

async function syncFile(path: string): Promise<void> {
  await using handle = await open(path, 'r+');
  await handle.sync();
}

type Counts = Pick<MergeManifest, 'elements' | 'moved'>;

async function applyPlan(
  {
    plan,
    base,
    directory,
  }: { readonly plan: MergePlan; readonly base: BaseShapes; readonly directory: string },
  { signal, onProgress }: MergeOptions,
): Promise<Counts> {
  const all = [...plan.changes.values()].flat();
  const totalBytes = all.reduce((sum, { tensor }) => sum + tensor.byteLength, 0);
  let doneBytes = 0;
  let elements = 0;
  let moved = 0;
  for (const [file, changes] of plan.changes) {
    await using handle = await open(join(directory, file), 'r+');
    for (const change of changes) {
      elements += elementsOf(change);
      for await (const block of addUpdate(change)) {
        signal?.throwIfAborted();
        await writeAt(handle, block.bytes, change.tensor.offset + block.byteOffset);
        moved += block.moved;
        doneBytes += block.bytes.byteLength;
        onProgress?.({ doneBytes, totalBytes });
      }
    }
    await handle.sync();
  }
  if (plan.untiedOutput) await writeUntiedOutput(plan.untiedOutput, base, directory);
  return { elements, moved };
}

function elementsOf({ tensor }: TensorChange): number {
  return tensor.shape.reduce((product, size) => product * size, 1);
}

async function writeAt(
  handle: Awaited<ReturnType<typeof open>>,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  for (let done = 0; done < bytes.byteLength;)
    done += (await handle.write(bytes, done, bytes.byteLength - done, position + done)).bytesWritten;
}

async function refuseForeign(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  if (names.length === 0) return;
  const hint = 'name a folder that does not exist yet';
  throw new AdapterError('is not empty and was not made by a merge', {
    code: 'OutputExists',
    file: directory,
    hint,
  });
}

/** rename(2) replaces an empty folder but no full one. */
async function replaceDirectory(temporary: string, target: string): Promise<void> {
  const old = join(dirname(target), `.old-${basename(target)}`);
  await rm(old, { recursive: true, force: true });
  const names = await readdir(target).catch(() => []);
  if (names.length > 0) await rename(target, old);
  await rename(temporary, target);
  await syncDirectory(dirname(target));
  await rm(old, { recursive: true, force: true });
}

function noSpace(file: string, cause: unknown): AdapterError {
  const hint = 'give the volume at least the size of the model weights';
  return new AdapterError('no space left for the merged weights', { code: 'NoSpace', file, hint }, { cause });
}
