import { distinctLayers, distinctMixers } from '../model/distinct-layers.ts';
import type { Layer, Mixer, ModelShape } from '../model/model-shape.ts';
import type { Device } from './defaults.ts';
import type { Measured } from './measured.ts';

const kinds: WeakMap<readonly Layer[], string> = new WeakMap();

/** What two start-ups must share for the peak and the graphs of one to tell of the other: the runner, the mixers, experts. */
export function kindOf({ layers }: ModelShape, secondRunner: boolean): string {
  const known = kinds.get(layers) ?? layersInWords(layers);
  kinds.set(layers, known);
  return `${secondRunner ? 'second' : 'first'} runner: ${known}`;
}

function layersInWords(layers: readonly Layer[]): string {
  const experts = distinctLayers(layers).some(({ layer }) =>
    layer.feedForward.some(({ kind }) => kind === 'experts'),
  );
  const mixers = [...new Set(distinctMixers(layers).map(mixerInWords))].toSorted();
  return [...mixers, ...(experts ? ['experts'] : [])].join(', ');
}

function mixerInWords(mixer: Mixer): string {
  return mixer.kind === 'latent' && mixer.index !== undefined ? 'indexed latent' : mixer.kind;
}

/** How many times wider than those of measured starts the bounds of one start are, and why. */
export interface Unlikeness {
  readonly factor: number;
  readonly reasons: readonly string[];
}

/** No start of SM120 was measured, and two of SM100; what is outside torch nearly doubled from one release to the next. */
export function unlikeness(device: Device, version: string, measured: Measured): Unlikeness {
  const capability = device.computeCapability;
  const minor = /^\d+\.\d+/.exec(version)?.[0] ?? version;
  const chip = capability === undefined || capability >= 10;
  const release = !measured.versions.has(minor);
  const factor = chip ? 2 : release ? 1.5 : 1;
  const causes = [
    ...(chip ? ['this generation of GPUs was hardly measured'] : []),
    ...(release ? [`no start of vLLM ${minor} was measured`] : []),
  ];
  return {
    factor,
    reasons: causes.length === 0 ? [] : [`${causes.join(', ')}: bounds ${factor} times as wide`],
  };
}
