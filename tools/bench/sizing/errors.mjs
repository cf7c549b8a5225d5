const gib = 1024 ** 3;

/** Errors and coverage of one answer on one measured start-up; absent where the row does not tell. */
export function errorsOf(point, answer) {
  if (answer === undefined || answer.error !== undefined) return { unanswered: true };
  const memory = answer.memoryGiB ?? point.gpu_mem_gib ?? undefined;
  const floor = memory === undefined ? 0 : 0.1 * memory;
  const errors = {};
  const { evaluable } = point;
  if (evaluable.weights && point.weights_gib !== null)
    errors.weights = against(point.weights_gib, answer.weightsGiB, floor);
  const kv = point.kv_cache_gib;
  if (evaluable.kvGib && kv !== null && kv > 0) errors.kvGib = against(kv, answer.kvCacheGiB, floor);
  if (evaluable.kvTokens && point.kv_tokens !== null) {
    const factor = kv === null || kv <= 0 ? 1 : Math.min(1, kv / Math.max(kv, floor));
    const own = against(point.kv_tokens, answer.kvTokens, 0);
    errors.kvTokens = { ...own, error: own.error * factor };
  }
  if (evaluable.fit) errors.verdict = { agrees: answer.fits === (point.outcome === 'ok'), said: answer.fits };
  return errors;
}

/** Logs print two decimals of a GiB: half of the last one counts as inside. */
function against(truth, { value, low, high }, floor) {
  const slack = truth < 1000 ? 0.0051 : 0.5;
  return {
    truth,
    value,
    error: Math.abs(value - truth) / Math.max(truth, floor),
    inside: low - slack <= truth && truth <= high + slack,
    width: value === 0 ? 0 : (high - low) / value,
  };
}

/** KAITO v0.12: 2.3 GiB and 5 % of the weights beside 1.02 of the file, all layers as full attention in 16 bits. */
export function upstreamEstimate(point, { config, storedWeightBytes }) {
  const memory = point.gpu_mem_gib;
  if (storedWeightBytes === null || memory === null) return undefined;
  const text = { ...config, ...config.text_config };
  const [tensor, pipeline] = [point.tp ?? 1, point.pp ?? 1];
  const weights = (1.02 * storedWeightBytes) / gib / tensor / pipeline;
  const heads = text.num_attention_heads;
  const perToken =
    text.kv_lora_rank != null
      ? (text.kv_lora_rank + text.qk_rope_head_dim) * text.num_hidden_layers * 2
      : 2 *
        (text.num_key_value_heads ?? heads) *
        (text.head_dim ?? text.hidden_size / heads) *
        text.num_hidden_layers *
        2;
  const cache = (point.gpu_memory_utilization ?? 0.84) * memory - 2.3 - 1.05 * weights;
  const tokens = (cache * gib * tensor * pipeline) / perToken;
  return {
    weightsGiB: exact(weights),
    kvCacheGiB: exact(Math.max(0, cache)),
    kvTokens: exact(Math.max(0, tokens)),
    fits: tokens >= (point.max_model_len ?? 2048),
    memoryGiB: memory,
  };
}

function exact(value) {
  return { value, low: value, high: value };
}
