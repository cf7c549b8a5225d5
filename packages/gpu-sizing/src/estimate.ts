import { readDimensions } from '@kaito-ts/preset-catalog';
import { formatGiB } from './bytes.ts';
import { kvBytesPerToken } from './key-value-cache.ts';
import type { Known } from './known.ts';
import { cpuUtilization, engineAccounts } from './runtime-account.ts';
import { lengthRefusal, shapeRefusal } from './refusals.ts';
import type { EstimateRequest, NodeDevice } from './request.ts';
import type { DerivationStep, Sizing } from './sizing.ts';
import { preciseSizing } from './precise.ts';
import { weightBytes } from './weights.ts';

/** Without a wanted length, one request of this many tokens must fit (upstream asks for the same). */
export const leastUsefulContext = 2048;

/** Says whether a model fits in one given shape, and how much context is left. */
export function estimate(request: EstimateRequest): Sizing {
  const { model, device, parallel, settings } = request;
  const refusal = shapeRefusal(model, parallel) ?? tooLong(request);
  if (refusal !== undefined)
    return { verdict: 'doesNotFit', reasons: [refusal], missing: [], derivation: [] };

  const limitOfModel = readDimensions(model).maxPositionEmbeddings ?? Number.POSITIVE_INFINITY;
  const precise =
    device.kind === 'gpu'
      ? preciseSizing(request, device, settings.maxModelLen ?? Math.min(leastUsefulContext, limitOfModel))
      : undefined;
  if (precise !== undefined) return precise;

  const total = deviceMemory(device);
  const engine = engineAccounts[request.runtime.engine];
  const weights = weightBytes(model, engine.weightType(settings));
  const perToken = kvBytesPerToken(model, parallel, engine.cacheType(model, settings));
  const { maxPositionEmbeddings } = readDimensions(model);
  const missing = [total, weights, perToken].flatMap((known) =>
    known.kind === 'unknown' ? known.missing : [],
  );
  if (total.kind === 'unknown' || weights.kind === 'unknown') return unknownSizing(missing);

  const limit = maxPositionEmbeddings ?? Number.POSITIVE_INFINITY;
  const wanted = settings.maxModelLen ?? Math.min(leastUsefulContext, limit);
  const account = accountOf(request, {
    total: total.value,
    weights: weights.value,
    how: weights.how,
    length: wanted,
  });
  const { left, derivation } = account;
  const known = {
    weightBytes: account.weights,
    overheadBytes: account.overhead,
    processBytes: account.weights + account.overhead,
  };
  if (left <= 0) {
    const reason = `weights of ${formatGiB(account.weights)} and overhead of ${formatGiB(account.overhead)} leave nothing of ${formatGiB(account.budget)} for the KV cache`;
    const sure = weights.bound === 'exact';
    return {
      verdict: sure ? 'doesNotFit' : 'unknown',
      reasons: [reason],
      missing: sure ? [] : ['loadedWeightBytes'],
      ...known,
      derivation,
    };
  }
  if (perToken.kind === 'unknown')
    return { ...unknownSizing(missing), ...known, kvCacheBytes: left, derivation };

  const tokens = Math.floor(left / perToken.value);
  const requests = settings.concurrency ?? 1;
  const held = Math.min(tokens, engine.allocatesTokens(settings, limit) ?? wanted);
  return {
    ...verdictOn({
      tokens,
      wanted: wanted * requests,
      sure: weights.bound === 'exact' && perToken.bound === 'exact',
    }),
    ...known,
    kvCacheBytes: left,
    kvBytesPerToken: perToken.value,
    kvTokens: tokens,
    contextTokens: wanted,
    maxConcurrency: tokens / wanted,
    processBytes: account.weights + account.overhead + held * perToken.value,
    maxModelLen: Math.min(tokens, limit),
    derivation: [
      ...derivation,
      { quantity: 'KV cache per token', value: perToken.value, unit: 'bytes per token', how: perToken.how },
      { quantity: 'KV cache tokens', value: tokens, unit: 'tokens', how: 'KV cache / bytes per token' },
    ],
  };
}

function tooLong({ model, runtime, settings }: EstimateRequest): string | undefined {
  const strict = engineAccounts[runtime.engine].keepsToModelLimit;
  return strict ? lengthRefusal(model, settings.maxModelLen) : undefined;
}

function unknownSizing(missing: readonly string[]): Sizing {
  return { verdict: 'unknown', reasons: [`not known: ${missing.join(', ')}`], missing, derivation: [] };
}

function deviceMemory(device: NodeDevice): Known {
  const value = device.kind === 'gpu' ? device.memoryBytes : device.allocatableMemoryBytes;
  if (value !== undefined) return { kind: 'known', value, bound: 'exact', how: 'told' };
  return {
    kind: 'unknown',
    missing: [device.kind === 'gpu' ? 'GPU memory' : 'allocatable memory of the node'],
  };
}

interface Totals {
  readonly total: number;
  readonly weights: number;
  readonly how: string;
  readonly length: number;
}

interface Account {
  readonly budget: number;
  readonly weights: number;
  readonly overhead: number;
  readonly left: number;
  readonly derivation: readonly DerivationStep[];
}

/** Memory of one rank: what may be used, what weights and overhead take, what is left. */
function accountOf({ model, device, runtime, parallel, settings }: EstimateRequest, totals: Totals): Account {
  const engine = engineAccounts[runtime.engine];
  const utilization =
    device.kind === 'cpu'
      ? cpuUtilization
      : (settings.gpuMemoryUtilization ?? engine.utilization(runtime.version));
  const ranks = parallel.tensor * parallel.pipeline;
  const budget = Math.floor(totals.total * utilization);
  const weights = Math.ceil(totals.weights / ranks);
  const beside = engine.overhead({
    device: device.kind,
    model,
    settings,
    weightBytes: weights,
    length: totals.length,
  });
  const overhead = Math.ceil(beside.bytes);
  const left = budget - weights - overhead;
  const spread = ranks === 1 ? '' : `, spread evenly over ${ranks} GPUs`;
  return {
    budget,
    weights,
    overhead,
    left,
    derivation: [
      {
        quantity: 'memory',
        value: totals.total,
        unit: 'bytes',
        how: `of one ${device.kind === 'gpu' ? 'GPU' : 'node'}`,
      },
      { quantity: 'usable', value: budget, unit: 'bytes', how: `${utilization} of it` },
      { quantity: 'weights', value: weights, unit: 'bytes', how: `${totals.how}${spread}` },
      { quantity: 'overhead', value: overhead, unit: 'bytes', how: beside.how },
      { quantity: 'KV cache', value: left, unit: 'bytes', how: 'usable - weights - overhead' },
    ],
  };
}

interface Question {
  readonly tokens: number;
  readonly wanted: number;
  readonly sure: boolean;
}

function verdictOn({ tokens, wanted, sure }: Question): Pick<Sizing, 'verdict' | 'reasons' | 'missing'> {
  if (tokens >= wanted) return { verdict: 'fits', reasons: [], missing: [] };
  const reason = `the KV cache holds ${tokens} tokens, ${wanted} are wanted`;
  if (sure) return { verdict: 'doesNotFit', reasons: [reason], missing: [] };
  return {
    verdict: 'unknown',
    reasons: [`${reason}, counted from upper bounds`],
    missing: ['exact weights and KV layout'],
  };
}
