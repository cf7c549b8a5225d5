import { isJsonObject, languageModelConfig, readDimensions, type ModelFacts } from '@kaito-ts/preset-catalog';
import type { ParallelShape } from './request.ts';

/** Why a runtime would refuse this shape for this model; undefined when nothing speaks against it. */
export function shapeRefusal(model: ModelFacts, { tensor, pipeline }: ParallelShape): string | undefined {
  const { attentionHeads, keyValueHeads, layers } = readDimensions(model);
  if (attentionHeads !== undefined && attentionHeads % tensor !== 0) {
    return `tensor parallel size ${tensor} does not divide ${attentionHeads} attention heads`;
  }
  const keyValueHeadsSplit =
    keyValueHeads === undefined || keyValueHeads % tensor === 0 || tensor % keyValueHeads === 0;
  if (!keyValueHeadsSplit) {
    return `tensor parallel size ${tensor} neither divides nor is a multiple of ${keyValueHeads} key-value heads`;
  }
  if (layers !== undefined && pipeline > layers) {
    return `pipeline parallel size ${pipeline} exceeds ${layers} layers`;
  }
  return undefined;
}

/** Why a context of this length is more than the model was made for; undefined when it is not, or cannot be told. */
export function lengthRefusal(model: ModelFacts, maxModelLen: number | undefined): string | undefined {
  const { maxPositionEmbeddings: limit } = readDimensions(model);
  if (maxModelLen === undefined || limit === undefined || maxModelLen <= limit || stretchesPositions(model))
    return undefined;
  return `a context of ${maxModelLen} tokens exceeds the ${limit} that the model was made for`;
}

/** Rotary scaling may raise the limit by a rule of its own. */
function stretchesPositions({ config = {} }: ModelFacts): boolean {
  const { rope_scaling: scaling, rope_parameters: parameters } = languageModelConfig(config);
  return isJsonObject(scaling) || (isJsonObject(parameters) && 'factor' in parameters);
}
