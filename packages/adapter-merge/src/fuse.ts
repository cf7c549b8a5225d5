import { AdapterError, asAdapterError } from './errors.ts';
import { findNonFinite } from './floats.ts';
import type { LoraModule, PeftAdapter } from './peft/adapter.ts';
import type { ModuleKind } from './peft/tensor-names.ts';
import { readFiniteFloat32 } from './safetensors/reader.ts';

export interface AdapterWithStrength {
  readonly adapter: PeftAdapter;
  /** Any finite number; 0 leaves the adapter out. */
  readonly strength: number;
}

/**
 * ΔW = Σ strengthᵢ·scaleᵢ·BᵢAᵢ as one adapter with scale 1: A = [A₁; A₂; …], B = [s₁B₁ s₂B₂ …], s = strength·scale.
 * Exact up to one fp32 rounding of s·B. The numbers are read from the sources when asked for, a module at a time.
 */
export interface FusedAdapter {
  /** The largest rank of any module; 0 when every strength is 0. */
  readonly rank: number;
  readonly modules: ReadonlyMap<string, FusedModule>;
  readonly fanInFanOut: boolean;
  readonly sources: readonly AdapterWithStrength[];
}

export interface FusedModule {
  readonly name: string;
  readonly kind: ModuleKind;
  readonly rank: number;
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly parts: readonly FusedPart[];
}

export interface FusedPart {
  readonly adapter: PeftAdapter;
  readonly module: LoraModule;
  /** strength·scale. */
  readonly factor: number;
}

/** Row-major fp32: `a` is rank × in, `b` is out × rank with the factor inside. */
export interface Factors {
  readonly a: Float32Array<ArrayBuffer>;
  readonly b: Float32Array<ArrayBuffer>;
}

/** Plans the fused adapter; reads headers only. */
export function fuseAdapters(adapters: readonly AdapterWithStrength[]): FusedAdapter {
  const sources = adapters.filter(({ strength }) => strength !== 0);
  const modules = new Map<string, FusedModule>();
  for (const { adapter, strength } of sources) {
    if (!Number.isFinite(strength))
      throw new RangeError(`strength ${strength} of ${adapter.directory} is not a finite number`);
    if (adapter.config.fanInFanOut !== sources[0]?.adapter.config.fanInFanOut)
      throw disagreement(adapter, 'fan_in_fan_out differs from the other adapters');
    for (const module of adapter.modules.values()) {
      const part = { adapter, module, factor: strength * module.scale };
      modules.set(module.name, append(modules.get(module.name), part));
    }
  }
  return {
    rank: Math.max(0, ...[...modules.values()].map((module) => module.rank)),
    modules: new Map([...modules].sort(([left], [right]) => (left < right ? -1 : 1))),
    fanInFanOut: sources[0]?.adapter.config.fanInFanOut ?? false,
    sources,
  };
}

function append(fused: FusedModule | undefined, part: FusedPart): FusedModule {
  const { name, kind, rank, inFeatures, outFeatures } = part.module;
  if (!fused) return { name, kind, rank, inFeatures, outFeatures, parts: [part] };
  if (fused.kind !== kind || fused.inFeatures !== inFeatures || fused.outFeatures !== outFeatures) {
    const message = `fits a ${outFeatures} × ${inFeatures} ${kind} module, other adapters a ${fused.outFeatures} × ${fused.inFeatures} ${fused.kind} one`;
    throw disagreement(part.adapter, message, part.module.a.name);
  }
  return { ...fused, rank: fused.rank + rank, parts: [...fused.parts, part] };
}

function disagreement(adapter: PeftAdapter, message: string, tensor?: string): AdapterError {
  const hint = 'these adapters were trained on different bases; serve them apart';
  const fault = { code: 'AdaptersDisagree', file: adapter.file.path, hint } as const;
  return new AdapterError(message, tensor === undefined ? fault : { ...fault, tensor });
}

/** Reads one module's factors. Throws `NotFinite` with file and tensor on NaN or infinity. */
export async function readFactors(module: FusedModule): Promise<Factors> {
  const a = new Float32Array(module.rank * module.inFeatures);
  const b = new Float32Array(module.outFeatures * module.rank);
  let column = 0;
  for (const part of module.parts) {
    a.set(
      await asAdapterError(() => readFiniteFloat32(part.adapter.file, part.module.a.name)),
      column * module.inFeatures,
    );
    const factor = await asAdapterError(() => readFiniteFloat32(part.adapter.file, part.module.b.name));
    placeColumns(
      { source: factor, rank: part.module.rank, factor: part.factor },
      { target: b, rank: module.rank, column },
    );
    column += part.module.rank;
  }
  const at = findNonFinite(b);
  if (at >= 0) throw overflow(module);
  return { a, b };
}

function placeColumns(
  from: { readonly source: Float32Array; readonly rank: number; readonly factor: number },
  to: { readonly target: Float32Array; readonly rank: number; readonly column: number },
): void {
  const rows = from.source.length / from.rank;
  for (let row = 0; row < rows; row += 1) {
    for (let index = 0; index < from.rank; index += 1)
      to.target[row * to.rank + to.column + index] =
        (from.source[row * from.rank + index] as number) * from.factor;
  }
}

function overflow({ parts }: FusedModule): AdapterError {
  const { adapter, module } = parts[0] as FusedPart;
  return new AdapterError('its scale makes the numbers larger than fp32 holds', {
    code: 'NotFinite',
    file: adapter.file.path,
    tensor: module.b.name,
    hint: 'check lora_alpha and r in adapter_config.json',
  });
}
