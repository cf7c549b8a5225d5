import { compareVersions } from '@kaito-ts/preset-catalog';
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
  const tooLong = lengthBeyondConfig(context);
  if (tooLong !== undefined && request.allowLongMaxModelLen !== true) reasons.push(tooLong);
  return [...new Set(reasons)];
}

/** vLLM refuses such a length unless VLLM_ALLOW_LONG_MAX_MODEL_LEN is set. */
export function lengthBeyondConfig({ request: { maxModelLen }, longest }: SizeContext): string | undefined {
  if (maxModelLen === undefined || longest === undefined || !isAbove(maxModelLen, longest)) return undefined;
  return `max-model-len ${maxModelLen} exceeds the ${longest} that vLLM derives from config.json`;
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

interface CapabilityRule {
  readonly method: RegExp;
  readonly needs: number;
  /** First release in which it needs no more than the rules after it say; absent = still so. */
  readonly until?: string;
}

/** Lowest compute capability per quantization method (`get_min_capability` of vLLM 0.10 to 0.32). */
const lowestCapability: readonly CapabilityRule[] = [
  { method: /fp_quant/, needs: 10 },
  { method: /modelopt(?!.*fp4)/, needs: 8.9, until: '0.27.0' },
  { method: /modelopt(?!.*fp4)/, needs: 8 },
  { method: /mxfp4|experts_int8|fbgemm_fp8/, needs: 8 },
  { method: /fp8|nvfp4/, needs: 8, until: '0.14.0' },
  { method: /awq|fp8|nvfp4|compressed/, needs: 7.5 },
  { method: /bitsandbytes/, needs: 7 },
  { method: /gptq/, needs: 6 },
];

function capabilityRefusal({ quantization, device, version }: SizeContext): string | undefined {
  if (quantization === undefined || device.computeCapability === undefined) return undefined;
  const name = `${quantization.method} ${quantization.linear.name}`;
  const needed = lowestCapability.find(
    ({ method, until }) => method.test(name) && (until === undefined || compareVersions(version, until) < 0),
  )?.needs;
  if (needed === undefined || device.computeCapability >= needed) return undefined;
  return `${quantization.method} needs compute capability ${needed}, ${device.name} has ${device.computeCapability}`;
}
