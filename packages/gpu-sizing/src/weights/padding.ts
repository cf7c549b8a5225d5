import { distinctLayers } from '../model/distinct-layers.ts';
import { compareVersions } from '@kaito-ts/preset-catalog';
import type { WeightRequest } from './rank-weights.ts';

function up(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

/**
 * MXFP4 kernels want sizes of their own: Marlin (below SM90, and by default since 0.20 on SM90) rounds the expert width of
 * a rank to 128 and the hidden size to 256; older SM90 kernels round the hidden size only. Read in vLLM 0.32.0, and seen
 * as 65.97, 64.38 and 13.72 GiB in start-ups of gpt-oss.
 */
export function paddedExpertFactor(request: WeightRequest): number {
  const { shape, quantization, split } = request;
  const scheme = quantization?.experts.name;
  const experts = distinctLayers(shape.layers)
    .flatMap(({ layer }) => layer.feedForward)
    .find((part) => part.kind === 'experts');
  if (experts === undefined || experts.kind !== 'experts' || scheme === undefined) return 1;
  const width = split.experts > 1 ? experts.width : experts.width / split.expertWidth;
  if (scheme === 'mxfp4') {
    const hidden = experts.latent ?? shape.hiddenSize;
    const older =
      compareVersions(request.runtimeVersion, '0.12.0') < 0 && (request.computeCapability ?? 9) >= 9;
    const paddedWidth = older ? up(width, 64) : up(width, 128);
    const factor = (up(hidden, 256) / hidden) * (paddedWidth / width);
    return hidden % 256 === 0 && width % 128 === 0 ? 1 : factor;
  }
  return 1;
}
