export type ModuleKind = 'linear' | 'embedding';
export type Factor = 'a' | 'b';

/** What a tensor of a PEFT file is, told from its name alone. */
export type TensorRole =
  | { readonly role: 'factor'; readonly module: string; readonly kind: ModuleKind; readonly factor: Factor }
  | { readonly role: 'baseCopy'; readonly module: string }
  | { readonly role: 'unsupported'; readonly reason: string };

export const modulePrefix = 'base_model.model.';

/** Names end this way on disk; PEFT writes embedding factors without `.weight`. */
export const factorSuffixes: Readonly<Record<ModuleKind, Readonly<Record<Factor, string>>>> = {
  linear: { a: '.lora_A.weight', b: '.lora_B.weight' },
  embedding: { a: '.lora_embedding_A', b: '.lora_embedding_B' },
};

const unsupportedEndings: readonly (readonly [RegExp, string])[] = [
  [/\.lora_magnitude_vector(\.weight)?$/, 'is a DoRA magnitude'],
  [/\.lora_B\.bias$/, 'is a bias beside B (lora_bias)'],
  [/\.bias$/, 'is a trained bias of the base'],
  [/\.token_adapter\./, 'holds trained token embeddings'],
  [/\.experts\.(base_layer\.)?lora_[AB]\.weight$/, 'belongs to fused experts'],
];

export function classifyTensor(name: string): TensorRole {
  if (!name.startsWith(modulePrefix))
    return { role: 'unsupported', reason: `does not start with ${modulePrefix}` };
  for (const [ending, reason] of unsupportedEndings)
    if (ending.test(name)) return { role: 'unsupported', reason };
  const path = name.slice(modulePrefix.length);
  for (const kind of ['linear', 'embedding'] as const) {
    for (const factor of ['a', 'b'] as const) {
      const suffix = factorSuffixes[kind][factor];
      if (path.endsWith(suffix) && path.length > suffix.length)
        return { role: 'factor', module: path.slice(0, -suffix.length), kind, factor };
    }
  }
  const copy = /^(.*(?:^|\.)(?:embed_tokens|lm_head))\.base_layer\.weight$/.exec(path)?.[1];
  if (copy !== undefined) return { role: 'baseCopy', module: copy };
  return { role: 'unsupported', reason: 'is not part of a plain LoRA adapter (a module saved whole?)' };
}
