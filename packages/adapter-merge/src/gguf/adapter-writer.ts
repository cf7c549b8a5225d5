import type { FileHandle } from 'node:fs/promises';
import { writeAll, writeFileAtomically } from '../atomic-file.ts';
import { AdapterError } from '../errors.ts';
import { fromFloat32 } from '../floats.ts';
import { type Factors, type FusedAdapter, type FusedModule, readFactors } from '../fuse.ts';
import { refuseEmpty } from '../peft/writer.ts';
import { type GgufPlace, type GgufTarget, placeInGguf } from './architectures.ts';
import { type GgufInfo, renderGgufHeader } from './render-header.ts';

const alignment = 32;

/**
 * Writes a GGUF LoRA in fp32 whose scale in llama.cpp is 1.
 * llama.cpp divides one alpha by each tensor's own rank, so modules of smaller rank are padded with zeros.
 */
export async function writeGgufAdapter(fused: FusedAdapter, file: string, target: GgufTarget): Promise<void> {
  refuseEmpty(fused, file);
  const modules = [...fused.modules.values()].map((module) => ({
    module,
    place: place(module, { fused, file, target }),
  }));
  const infos = modules.flatMap(({ module, place: { tensor } }): readonly GgufInfo[] => [
    { name: `${tensor}.lora_a`, shape: [fused.rank, module.inFeatures] },
    { name: `${tensor}.lora_b`, shape: [module.outFeatures, fused.rank] },
  ]);
  const header = renderGgufHeader({
    architecture: target.architecture ?? '',
    alpha: fused.rank,
    infos,
    alignment,
  });
  await writeFileAtomically(file, async (handle) => {
    await writeAll(handle, header);
    for (const { module, place: where } of modules) {
      const factors = padRank(await readFactors(module), module, fused.rank);
      await writePadded(handle, fromFloat32(factors.a, 'F32'));
      const { interleavedHeads: heads } = where;
      const b = heads === undefined ? factors.b : interleaveRows(factors.b, heads, fused.rank);
      await writePadded(handle, fromFloat32(b, 'F32'));
    }
  });
}

function place(
  module: FusedModule,
  {
    fused,
    file,
    target,
  }: { readonly fused: FusedAdapter; readonly file: string; readonly target: GgufTarget },
): GgufPlace {
  const where = placeInGguf(module.name, target, file);
  if (module.kind === 'embedding' || fused.fanInFanOut)
    throw unsupported(
      `module ${module.name} cannot be a GGUF adapter (${module.kind}, fan_in_fan_out ${fused.fanInFanOut})`,
      file,
    );
  if (where.interleavedHeads !== undefined && module.outFeatures % (2 * where.interleavedHeads) !== 0)
    throw unsupported(
      `module ${module.name} has ${module.outFeatures} rows, not a multiple of 2 × ${where.interleavedHeads} heads`,
      file,
    );
  return where;
}

function unsupported(message: string, file: string): AdapterError {
  const hint = 'serve it with vLLM or transformers';
  return new AdapterError(message, { code: 'ModuleUnsupported', file, hint });
}

function padRank({ a, b }: Factors, module: FusedModule, rank: number): Factors {
  if (module.rank === rank) return { a, b };
  const paddedA = new Float32Array(rank * module.inFeatures);
  paddedA.set(a);
  const paddedB = new Float32Array(module.outFeatures * rank);
  for (let row = 0; row < module.outFeatures; row += 1)
    paddedB.set(b.subarray(row * module.rank, (row + 1) * module.rank), row * rank);
  return { a: paddedA, b: paddedB };
}

/** Within each head the halves x₀…xₙ, y₀…yₙ become x₀y₀…xₙyₙ, as llama.cpp's converter does with the base's q and k. */
function interleaveRows(
  b: Float32Array<ArrayBuffer>,
  heads: number,
  rank: number,
): Float32Array<ArrayBuffer> {
  const result = new Float32Array(b.length);
  const rowsPerHead = b.length / rank / heads;
  const half = rowsPerHead / 2;
  for (let head = 0; head < heads; head += 1) {
    for (let row = 0; row < rowsPerHead; row += 1) {
      const from = head * rowsPerHead + (row % 2) * half + Math.floor(row / 2);
      result.set(b.subarray(from * rank, (from + 1) * rank), (head * rowsPerHead + row) * rank);
    }
  }
  return result;
}

async function writePadded(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  await writeAll(handle, bytes);
  const rest = bytes.byteLength % alignment;
  if (rest > 0) await writeAll(handle, new Uint8Array(alignment - rest));
}
