import { languageModelConfig, readDimensions } from './model-dimensions.ts';
import type { ModelRecord } from './model-record.ts';

/** What an estimate of this model's memory needs, and the record lacks; config.json keys where it is one of those. */
export function missingFacts(record: Pick<ModelRecord, 'facts'>): readonly string[] {
  const { facts } = record;
  if (facts.config === undefined) {
    return facts.storedWeightBytes === undefined ? ['config', 'storedWeightBytes'] : ['config'];
  }
  const config = languageModelConfig(facts.config);
  const dimensions = readDimensions(facts);
  const needed: readonly (readonly [string, boolean])[] = [
    ['architectures', Array.isArray(facts.config['architectures'])],
    ['hidden_size', dimensions.hiddenSize !== undefined],
    ['num_hidden_layers', dimensions.layers !== undefined],
    ['num_attention_heads', dimensions.attentionHeads !== undefined],
    ['head_dim', dimensions.headDimension !== undefined || typeof config['kv_lora_rank'] === 'number'],
    ['vocab_size', dimensions.vocabularySize !== undefined],
    ['max_position_embeddings', dimensions.maxPositionEmbeddings !== undefined],
    ['storedWeightBytes', (facts.storedWeightBytes ?? facts.parameterCount) !== undefined],
  ];
  const missing = needed.filter(([, known]) => !known).map(([name]) => name);
  return [...new Set([...missing, ...(facts.unknownKeys ?? [])])];
}
