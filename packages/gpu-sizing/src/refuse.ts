import { distinctLayers, distinctMixers } from './model/distinct-layers.ts';
import { isAbove, type SizeContext } from './size-context.ts';
import { paddedVocabulary } from './weights/layer-parts.ts';

/** Everything for which vLLM would not start with this shape, before any memory is counted. */
export function refusals(context: SizeContext): readonly string[] {
  const { shape, tensor, pipeline, quantization, request } = context;
  const reasons: string[] = [];
  for (const mixer of distinctMixers(shape.layers)) {
    if (mixer.kind === 'attention') {
      if (mixer.heads % tensor !== 0)
        reasons.push(`tensor parallel size ${tensor} does not divide ${mixer.heads} attention heads`);
      else if (!splitsKeyValue(mixer.keyValueHeads, tensor))
        reasons.push(
          `tensor parallel size ${tensor} neither divides nor is a multiple of ${mixer.keyValueHeads} key-value heads`,
        );
    } else if (mixer.kind === 'latent' || mixer.kind === 'compressed') {
      if (mixer.heads % tensor !== 0)
        reasons.push(`tensor parallel size ${tensor} does not divide ${mixer.heads} attention heads`);
    } else if (stateHeads(mixer) % tensor !== 0) {
      reasons.push(
        `tensor parallel size ${tensor} does not divide the ${stateHeads(mixer)} heads of the state layers`,
      );
    }
  }
  if (paddedVocabulary(shape) % tensor !== 0)
    reasons.push(
      `tensor parallel size ${tensor} does not divide the vocabulary of ${paddedVocabulary(shape)} (padded to 64)`,
    );
  if (pipeline > shape.layers.length)
    reasons.push(`pipeline parallel size ${pipeline} exceeds ${shape.layers.length} layers`);
  const block = quantization?.linear.blockMultiple ?? 0;
  if (block > 1 && tensor > 1) {
    for (const part of distinctLayers(shape.layers).flatMap(({ layer }) => layer.feedForward)) {
      const width = part.width / (part.kind === 'experts' ? context.split.expertWidth : tensor);
      if (context.split.experts > 1 && part.kind === 'experts') continue;
      if (width % block !== 0)
        reasons.push(
          `${part.kind} width ${part.width} over ${tensor} ranks is no multiple of ${block}, the quantization's block`,
        );
    }
  }
  const capability = capabilityRefusal(context);
  if (capability !== undefined) reasons.push(capability);
  const { blockSize, maxNumBatchedTokens, maxNumSeqs } = request;
  if (blockSize !== undefined && blockSize % 16 !== 0)
    reasons.push(`block-size ${blockSize} is no multiple of 16`);
  if (maxNumBatchedTokens !== undefined && maxNumSeqs !== undefined && maxNumBatchedTokens < maxNumSeqs)
    reasons.push(`max-num-batched-tokens ${maxNumBatchedTokens} is less than max-num-seqs ${maxNumSeqs}`);
  if (
    request.maxModelLen !== undefined &&
    context.longest !== undefined &&
    isAbove(request.maxModelLen, context.longest)
  )
    reasons.push(
      `max-model-len ${request.maxModelLen} exceeds the ${context.longest} that vLLM derives from config.json`,
    );
  return [...new Set(reasons)];
}

function splitsKeyValue(heads: number, tensor: number): boolean {
  return heads % tensor === 0 || tensor % heads === 0;
}

function stateHeads(mixer: {
  readonly kind: string;
  readonly heads?: number;
  readonly valueHeads?: number;
  readonly inner?: number;
}): number {
  return mixer.heads ?? mixer.valueHeads ?? mixer.inner ?? 0;
}

/** Lowest compute capability per quantization method (vLLM `get_min_capability`, June 2026). */
const lowestCapability: readonly (readonly [RegExp, number])[] = [
  [/fp_quant/, 10],
  [/modelopt(?!.*fp4)/, 8.9],
  [/mxfp4|experts_int8|fbgemm_fp8/, 8],
  [/awq|fp8|nvfp4|compressed/, 7.5],
  [/bitsandbytes/, 7],
  [/gptq/, 6],
];

function capabilityRefusal({ quantization, device }: SizeContext): string | undefined {
  if (quantization === undefined || device.computeCapability === undefined) return undefined;
  const name = `${quantization.method} ${quantization.linear.name}`;
  const needed = lowestCapability.find(([pattern]) => pattern.test(name))?.[1];
  if (needed === undefined || device.computeCapability >= needed) return undefined;
  return `${quantization.method} needs compute capability ${needed}, ${device.name} has ${device.computeCapability}`;
}
