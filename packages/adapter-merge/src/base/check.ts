import { AdapterError } from '../errors.ts';
import { placeInGguf } from '../gguf/architectures.ts';
import type { PeftAdapter } from '../peft/adapter.ts';
import type { ModuleKind } from '../peft/tensor-names.ts';
import type { BaseShapes, BaseTensor } from './shapes.ts';

/** What of a module decides where it fits. */
export interface ModuleShape {
  readonly name: string;
  readonly kind: ModuleKind;
  readonly inFeatures: number;
  readonly outFeatures: number;
}

/** Throws unless every module of the adapter has exactly one tensor of the right shape in the base. */
export function checkAgainstBase(adapter: PeftAdapter, base: BaseShapes): void {
  const mismatches = findBaseMismatches(adapter, base);
  const [first] = mismatches;
  if (!first) return;
  if (mismatches.length === 1) throw first;
  const { code, file, hint, tensor = '' } = first;
  const message = first.message.slice(`${file}: tensor ${tensor}: `.length);
  throw new AdapterError(`${message} (and ${mismatches.length - 1} more)`, { code, file, hint, tensor });
}

/** Every module or copied tensor that does not fit. PEFT itself would leave such a module out without a word. */
export function findBaseMismatches(adapter: PeftAdapter, base: BaseShapes): readonly AdapterError[] {
  const mismatches: AdapterError[] = [];
  const attempt = (tensor: string, action: () => void): void => {
    try {
      action();
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      mismatches.push(error.tensor === undefined ? relocated(error, adapter, tensor) : error);
    }
  };
  for (const module of adapter.modules.values()) {
    attempt(module.a.name, () =>
      locateInBase(module, base, {
        file: adapter.file.path,
        tensor: module.a.name,
        fanInFanOut: adapter.config.fanInFanOut,
      }),
    );
  }
  for (const [name, copy] of adapter.baseCopies) {
    const [outFeatures = 0, inFeatures = 0] = copy.shape;
    const shape: ModuleShape = { name, kind: 'linear', inFeatures, outFeatures };
    attempt(copy.name, () =>
      locateInBase(shape, base, { file: adapter.file.path, tensor: copy.name, fanInFanOut: false }),
    );
  }
  return mismatches;
}

function relocated(error: AdapterError, adapter: PeftAdapter, tensor: string): AdapterError {
  const message = error.message.slice(`${error.file}: `.length);
  return new AdapterError(message, { code: error.code, file: adapter.file.path, tensor, hint: error.hint });
}

/** The base tensor that a module changes. */
export function locateInBase(
  module: ModuleShape,
  base: BaseShapes,
  source: { readonly file: string; readonly tensor: string; readonly fanInFanOut: boolean },
): BaseTensor {
  const name =
    base.format === 'gguf' ? placeInGguf(module.name, base, base.path).tensor : `${module.name}.weight`;
  const tensor = base.tensors.get(name) ?? tiedOutput(name, base);
  if (!tensor) {
    const message = `changes ${name}, which the base ${base.path} does not have`;
    throw new AdapterError(message, {
      code: 'BaseTensorMissing',
      file: source.file,
      tensor: source.tensor,
      hint,
    });
  }
  const { outFeatures, inFeatures } = module;
  const isTransposed = module.kind === 'embedding' || source.fanInFanOut;
  const expected = isTransposed ? [inFeatures, outFeatures] : [outFeatures, inFeatures];
  if (tensor.shape.length !== 2 || tensor.shape[0] !== expected[0] || tensor.shape[1] !== expected[1]) {
    const message = `fits a base of shape [${expected.join(', ')}], ${name} has [${tensor.shape.join(', ')}]`;
    throw new AdapterError(message, {
      code: 'BaseShapeMismatch',
      file: source.file,
      tensor: source.tensor,
      hint,
    });
  }
  return tensor;
}

const hint =
  'this adapter was trained on another base model; check base_model_name_or_path in its adapter_config.json';

/** A tied model stores no output matrix of its own. */
function tiedOutput(name: string, base: BaseShapes): BaseTensor | undefined {
  return name === 'lm_head.weight' && base.tiedEmbeddings
    ? base.tensors.get('model.embed_tokens.weight')
    : undefined;
}
