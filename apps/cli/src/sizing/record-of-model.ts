import {
  isJsonObject,
  parsePublishedJson,
  safetensorsHeaderLength,
  tensorsOfHeader,
  type JsonObject,
  type JsonValue,
  type ModelFile,
  type ModelRecord,
  type StoredTensor,
  type TensorGroup,
} from '@kaito-ts/preset-catalog';
import { CommandError } from '../command-error.ts';
import type { ModelDescription, ModelSourceReader } from './model-source.ts';

export interface RecordWish {
  /** Repository id; its last segment is the name the model is served under. */
  readonly repository: string;
  readonly source: ModelRecord['source'];
}

const indexFile = 'model.safetensors.index.json';

/** Keys that describe labels and tokens; they have no effect on memory and make records unreadable. */
const leftOut = /^(id2label|label2id|task_specific_params|_name_or_path|transformers_version|auto_map)$/;

/** Writes a record (the lock entry of a model) from its config, its index and the headers of its weights. */
export async function recordOfModel(reader: ModelSourceReader, wish: RecordWish): Promise<ModelRecord> {
  const description = await reader.describe();
  const config = await configOf(reader, wish);
  const weights = await weightFiles(reader, description.files);
  const tensors = (await Promise.all(weights.map((path) => tensorsOf(reader, path)))).flat();
  const stored = tensors.reduce((total, { bytes }) => total + bytes, 0);
  const pinned = description.revision;
  return {
    name: wish.repository,
    aliases: [],
    source:
      wish.source.kind === 'huggingface' && pinned !== undefined
        ? { ...wish.source, revision: pinned }
        : wish.source,
    ...(description.license !== undefined && { license: description.license }),
    ...(description.gated !== undefined && {
      gated: description.gated,
      downloadAuthRequired: description.gated,
    }),
    runtimes: ['vllm'],
    ...(weights.length > 0 && { weightsFormat: 'safetensors' as const }),
    facts: {
      config,
      ...(stored > 0 && { storedWeightBytes: stored, tensors: groupsOf(tensors) }),
      sources: {
        config: 'config.json of the pinned revision',
        ...(stored > 0 && { storedWeightBytes: 'safetensors headers of the pinned revision' }),
      },
    },
    ...filesOf(description),
    ...(weights.length === 0 && {
      notes: ['no safetensors file was found; the size of the weights is computed from config.json'],
    }),
  };
}

async function configOf(reader: ModelSourceReader, { repository }: RecordWish): Promise<JsonObject> {
  const config = await readJson(reader, 'config.json');
  if (isJsonObject(config))
    return Object.fromEntries(Object.entries(config).filter(([key]) => !leftOut.test(key)));
  throw new CommandError({
    code: 'NO_CONFIG',
    message: `${repository} has no config.json that is a JSON object`,
    next: 'choose a repository in the Transformers format',
  });
}

/** The files that the index names; without one, the safetensors files at the root. Copies in sub-folders do not count. */
async function weightFiles(
  reader: ModelSourceReader,
  files: readonly ModelFile[],
): Promise<readonly string[]> {
  const index = await readJson(reader, indexFile);
  if (index === undefined) {
    const root = files
      .map(({ path }) => path)
      .filter((path) => path.endsWith('.safetensors') && !path.includes('/'));
    return root.includes('model.safetensors') ? ['model.safetensors'] : root;
  }
  const map = isJsonObject(index) ? index['weight_map'] : undefined;
  if (!isJsonObject(map)) {
    throw new CommandError({
      code: 'BAD_INDEX',
      message: `${indexFile} has no weight_map`,
      next: 'download the repository again, or report it to its owner',
    });
  }
  return [...new Set(Object.values(map).filter((file) => typeof file === 'string'))].toSorted();
}

async function tensorsOf(reader: ModelSourceReader, path: string): Promise<readonly StoredTensor[]> {
  const start = await reader.range(path, 0, 7);
  const length = readable(path, () => safetensorsHeaderLength(start));
  const header = await reader.range(path, 8, 7 + length);
  if (header.length < length) {
    throw new CommandError({
      code: 'TRUNCATED_FILE',
      message: `${path} ends within its header`,
      next: 'download the file again',
    });
  }
  return readable(path, () => tensorsOfHeader(Buffer.from(header).toString('utf8')));
}

/** Undefined when there is no such file. */
async function readJson(reader: ModelSourceReader, path: string): Promise<JsonValue | undefined> {
  const text = await reader.text(path);
  return text === undefined ? undefined : readable(path, () => parsePublishedJson(text));
}

function readable<Value>(path: string, read: () => Value): Value {
  try {
    return read();
  } catch (cause) {
    throw new CommandError({
      code: 'UNREADABLE_FILE',
      message: `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      next: 'download the file again, or report it to its owner',
      cause,
    });
  }
}

/** Tensors that differ only in the numbers of their names become one line. */
function groupsOf(tensors: readonly StoredTensor[]): readonly TensorGroup[] {
  const groups = new Map<string, TensorGroup>();
  for (const { name, dtype, shape } of tensors) {
    const pattern = name
      .replaceAll(/\b(layers|blocks|h|layer)\.\d+\b/g, '$1.{layer}')
      .replaceAll(/\bexperts\.\d+\b/g, 'experts.{expert}');
    const key = `${pattern} ${dtype} ${shape.join('x')}`;
    groups.set(key, { pattern, dtype, shape, count: (groups.get(key)?.count ?? 0) + 1 });
  }
  return [...groups.values()];
}

function filesOf({ files }: ModelDescription): Pick<ModelRecord, 'files'> {
  const kept = files.filter(
    ({ path }) => /\.(safetensors|json|model|txt|jinja|gguf)$/.test(path) && !path.includes('/'),
  );
  return kept.length === 0 ? {} : { files: kept };
}
