const gib = 1024 ** 3;

/** A measured start-up as a line of `kaito size --batch`. */
export function questionOf(point, model) {
  return {
    id: point.pointId,
    config: model.config,
    weightsBytes: model.storedWeightBytes,
    gpuModel: point.gpu,
    gpuMemoryBytes: point.gpu_mem_gib === null ? undefined : Math.round(point.gpu_mem_gib * gib),
    tp: point.tp ?? 1,
    pp: point.pp ?? 1,
    runtimeVersion: point.vllm_version ?? undefined,
    gpuMemoryUtilization: point.gpu_memory_utilization,
    maxModelLen: point.max_model_len,
    maxNumSeqs: point.max_num_seqs,
    maxNumBatchedTokens: point.max_num_batched_tokens,
    kvCacheDtype: point.kv_cache_dtype,
    dtype: point.dtype,
    quantization: point.factsMatch === 'override' ? point.quantization : null,
    enforceEager: point.enforce_eager ?? null,
  };
}
