import { distinctLayers } from '../model/distinct-layers.ts';
import { compareVersions } from '@kaito-ts/preset-catalog';
import type { ModelShape } from '../model/model-shape.ts';

/** A behaviour of vLLM that came with a version; `source` says who showed it. */
export interface Switch {
  readonly from: string;
  readonly source: string;
}

type SwitchName =
  | 'defaultUtilization92'
  | 'graphsSubtracted'
  | 'tokensFromConcurrency'
  | 'tritonSampler'
  | 'nonTorchQuarter'
  | 'nonTorchParallelTwo'
  | 'secondRunnerQwen3'
  | 'secondRunnerLlama'
  | 'secondRunnerQuantized'
  | 'secondRunnerDense'
  | 'secondRunnerAll'
  | 'asyncWindows'
  | 'largeBatchDefaults'
  | 'nullBlockInFit'
  | 'alignedStates'
  | 'pooledAligned'
  | 'prefillCheckpoints';

export const switches: Readonly<Record<SwitchName, Switch>> = {
  defaultUtilization92: { from: '0.21.0', source: 'vLLM PR 38284' },
  graphsSubtracted: { from: '0.21.0', source: 'vLLM PR 38284' },
  tokensFromConcurrency: { from: '0.21.0', source: 'vLLM PR 41069' },
  tritonSampler: { from: '0.17.0', source: 'vLLM PR 33538' },
  nonTorchQuarter: { from: '0.18.0', source: 'start-up logs of 0.17 to 0.20 on H100' },
  nonTorchParallelTwo: { from: '0.12.0', source: 'start-up logs of 0.11 and 0.19 on H100' },
  secondRunnerQwen3: { from: '0.22.0', source: 'vLLM release notes' },
  secondRunnerLlama: { from: '0.23.0', source: 'vLLM release notes' },
  secondRunnerQuantized: { from: '0.24.0', source: 'vLLM release notes' },
  secondRunnerDense: { from: '0.25.0', source: 'vLLM release notes' },
  secondRunnerAll: { from: '0.29.0', source: 'start-up records of 0.29 and 0.30' },
  asyncWindows: {
    from: '0.26.0',
    source: 'source of June 2026 and of 0.29; the release between is not known',
  },
  largeBatchDefaults: { from: '0.26.0', source: 'source of June 2026 and of 0.29' },
  nullBlockInFit: { from: '0.32.0', source: 'read in 0.32.0' },
  alignedStates: { from: '0.22.0', source: 'read in 0.32.0; off in a start-up before 0.21' },
  prefillCheckpoints: { from: '0.32.0', source: 'read in 0.32.0 (Mamba-2 mixers, GLM-5-Next)' },
  pooledAligned: { from: '0.32.0', source: 'read in 0.32.0; not so in 0.30' },
};

export const oldestVersion = '0.10.0';

const onByVersion = new Map<string, ReadonlySet<string>>();

export function isOn(name: SwitchName, version: string): boolean {
  const known = onByVersion.get(version) ?? switchesOf(version);
  onByVersion.set(version, known);
  return known.has(name);
}

function switchesOf(version: string): ReadonlySet<string> {
  const on = Object.entries(switches).filter(([, { from }]) => compareVersions(version, from) >= 0);
  return new Set(on.map(([name]) => name));
}

/** Whether the second model runner serves this model, which changes what is charged. */
export function usesSecondRunner(shape: ModelShape, quantized: boolean, version: string): boolean {
  if (isOn('secondRunnerAll', version)) return true;
  const special = distinctLayers(shape.layers).some(
    ({ layer: { mixers, feedForward } }) =>
      feedForward.some(({ kind }) => kind === 'experts') || mixers.some(({ kind }) => kind !== 'attention'),
  );
  if (special || shape.multimodal) return false;
  if (isOn('secondRunnerDense', version)) return true;
  if (quantized && !isOn('secondRunnerQuantized', version)) return false;
  if (shape.architecture.startsWith('Qwen3For')) return isOn('secondRunnerQwen3', version);
  return /^(Llama|Mistral)For/.test(shape.architecture) && isOn('secondRunnerLlama', version);
}
