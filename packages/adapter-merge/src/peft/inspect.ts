import { AdapterError, type AdapterErrorCode, asAdapterError } from '../errors.ts';
import { readFiniteFloat32 } from '../safetensors/reader.ts';
import { type LoraModule, type PeftAdapter, readPeftAdapter } from './adapter.ts';
import { type PeftConfig, readPeftConfig } from './config.ts';

export interface AdapterProblem {
  readonly code: AdapterErrorCode;
  readonly message: string;
  readonly file: string;
  readonly tensor?: string;
  readonly hint: string;
}

/** An adapter described as plain JSON. */
export interface AdapterInspection {
  readonly directory: string;
  readonly usable: boolean;
  readonly problems: readonly AdapterProblem[];
  /** Options that this version does not know and that look harmless. */
  readonly ignoredOptions: readonly string[];
  readonly peftType?: string;
  readonly peftVersion?: string;
  readonly baseModel?: string;
  readonly rank?: number;
  readonly alpha?: number;
  readonly rankStabilized?: boolean;
  readonly dtypes: readonly string[];
  readonly parameters: number;
  readonly bytes: number;
  readonly modules: number;
  readonly targets: readonly AdapterTarget[];
}

/** All modules that share their last name, such as q_proj. */
export interface AdapterTarget {
  readonly name: string;
  readonly modules: number;
  readonly ranks: readonly number[];
  readonly scales: readonly number[];
}

/** Describes an adapter folder; what is wrong with it is listed, not thrown. Reads every number to find NaN. */
export async function inspectAdapter(directory: string): Promise<AdapterInspection> {
  const problems: AdapterProblem[] = [];
  const attempt = async <T>(action: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      problems.push(toProblem(error));
      return undefined;
    }
  };
  const config = await attempt(() => readPeftConfig(directory));
  const adapter = config && (await attempt(() => readPeftAdapter(directory)));
  const tensors = adapter ? [...adapter.modules.values()].flatMap(({ a, b }) => [a, b]) : [];
  if (adapter) {
    for (const { name } of tensors)
      await attempt(() => asAdapterError(() => readFiniteFloat32(adapter.file, name)));
  }
  return {
    directory,
    usable: problems.length === 0,
    problems,
    ...describeConfig(config),
    dtypes: [...new Set(tensors.map(({ dtype }) => dtype))].sort(),
    parameters: tensors.reduce(
      (sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1),
      0,
    ),
    bytes: adapter?.file.byteLength ?? 0,
    modules: adapter?.modules.size ?? 0,
    targets: adapter ? describeTargets(adapter) : [],
  };
}

function toProblem({ code, message, file, tensor, hint }: AdapterError): AdapterProblem {
  return { code, message, file, ...(tensor === undefined ? {} : { tensor }), hint };
}

type ConfigDescription = Pick<
  AdapterInspection,
  'ignoredOptions' | 'peftType' | 'peftVersion' | 'baseModel' | 'rank' | 'alpha' | 'rankStabilized'
>;

function describeConfig(config: PeftConfig | undefined): ConfigDescription {
  if (!config) return { ignoredOptions: [] };
  const { ignored, peftType, peftVersion, baseModel, rank, alpha, rankStabilized } = config;
  return {
    ignoredOptions: ignored,
    peftType,
    ...(peftVersion === undefined ? {} : { peftVersion }),
    ...(baseModel === undefined ? {} : { baseModel }),
    rank,
    alpha,
    rankStabilized,
  };
}

function describeTargets(adapter: PeftAdapter): readonly AdapterTarget[] {
  const groups = Object.groupBy(adapter.modules.values(), ({ name }) =>
    name.slice(name.lastIndexOf('.') + 1),
  );
  return Object.entries(groups).map(([name, modules]) => describeTarget(name, modules ?? []));
}

function describeTarget(name: string, modules: readonly LoraModule[]): AdapterTarget {
  return {
    name,
    modules: modules.length,
    ranks: distinct(modules.map(({ rank }) => rank)),
    scales: distinct(modules.map(({ scale }) => scale)),
  };
}

function distinct(values: readonly number[]): readonly number[] {
  return [...new Set(values)].sort((left, right) => left - right);
}
