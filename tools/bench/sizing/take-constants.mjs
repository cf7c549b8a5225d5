import { kindOf } from '../../../packages/gpu-sizing/src/engine/likeness.ts';
import { contextOf } from '../../../packages/gpu-sizing/src/compile-request.ts';
import { gib, sizeOf } from './starts.mjs';

const mib = 1024 ** 2;
const of = (value, low, high) => ({ value: value * gib, low: low * gib, high: high * gib });
const layer = (value = 0.5, high = 1.5) => ({ value: value * mib, low: 0.2 * mib, high: high * mib });
const whole = { value: 0.5, low: 0, high: 1 };

/** What one would expect without any start-up: neighbours of the same kind are alike, and nothing is special. */
export const expected = {
  heldNarrow: whole,
  heldWide: whole,
  firstOutsideEarly: of(0.2, 0, 0.6),
  firstOutside: of(0.2, 0, 0.6),
  firstOutsideParallel: of(0.5, 0.1, 1.2),
  firstOutsideParallelOlder: of(0.5, 0.1, 1.2),
  // Three buffers of 512 MiB are read in the source.
  tensorRtAllReduce: of(1.5, 1.5, 2.2),
  secondOutsideOlder: of(0.2, 0, 0.6),
  secondOutside: of(0.2, 0, 0.6),
  firstSlack: of(0, -0.15, 0.5),
  // Models that run uncompiled are known to take more than the rules say, and not how much.
  uncompiled: of(0, 0, 2.5),
  pooledIndexPerToken: { value: 0, low: 0, high: 256 * 1024 },
  awqWork: of(0, 0, 0.5),
  // 0.2 MiB is the least that any kind of layer was seen to take and 1.4 the most.
  brokenGraphs: of(0, 0, 2),
  secondGraphOlder: layer(),
  secondGraph: layer(),
  secondGraphPerDoubledHeads: { value: 0.1 * mib, low: 0, high: 0.2 * mib },
  secondGraphState: layer(),
  // Told of starts that are not among the points: 0.63 MiB on SM80, 1.39 from SM90.
  secondGraphLatent: layer(1.39, 2),
  secondGraphLatentOlder: layer(),
  secondGraphCompressed: layer(),
};

/** A share of these stays or it does not: single starts show nothing between, however many there are. */
const eitherWay = new Set(['heldNarrow', 'heldWide']);

/**
 * Takes each constant from the start-ups that tell of it, as the middle of what each alone would say. The bounds hold
 * what every start said, and the expected range as if one more family had shown it: the fewer families, the wider.
 */
export function takeConstants(starts) {
  const told = starts.filter(tellsPeak);
  const kinds = new Set(told.map(kindOfStart));
  const versions = new Set(told.map(({ point }) => /^\d+\.\d+/.exec(point.vllm_version)?.[0]));
  const constants = { ...expected, kinds, versions };
  for (let pass = 0; pass < 16 && moved(starts, constants) > 0.002; pass += 1);
  const entries = Object.keys(expected).map((name) => [
    name,
    bounded(name, constants[name].value, toldBy(starts, constants, name)),
  ]);
  return { ...Object.fromEntries(entries), kinds, versions };
}

/** Moves each constant to the middle of what is said of it, given the others; the largest part of its range that one moved. */
function moved(starts, constants) {
  const moves = Object.keys(expected).map((name) => {
    const told = toldBy(starts, constants, name);
    if (told.length === 0) return 0;
    const { value, low, high } = constants[name];
    const next = within(name, middle(told));
    constants[name] = { value: next, low, high };
    return Math.abs(next - value) / (expected[name].high - expected[name].low);
  });
  return Math.max(...moves);
}

function bounded(name, value, told) {
  const { low, high } = expected[name];
  const families = new Set(told.map(({ family }) => family)).size;
  if (eitherWay.has(name)) return { value, low, high, families };
  const said = told.map((one) => within(name, one.value));
  const share = 1 / (1 + families);
  return {
    value,
    low: Math.max(low, Math.min(value, ...said) - share * (value - low)),
    high: Math.min(high, Math.max(value, ...said) + share * (high - value)),
    families,
  };
}

function within(name, value) {
  return Math.min(expected[name].high, Math.max(expected[name].low, value));
}

function middle(told) {
  const values = told.map(({ value }) => value).toSorted((a, b) => a - b);
  return (values[Math.floor((values.length - 1) / 2)] + values[Math.floor(values.length / 2)]) / 2;
}

/** What each start alone says of one constant, the others given; whole caches only where no log tells the part itself. */
function toldBy(starts, constants, name) {
  const { value } = constants[name];
  const step = 0.05 * (expected[name].high - expected[name].low);
  const stepped = { ...constants, [name]: { ...constants[name], value: value + step } };
  const all = starts.flatMap((start) => {
    const before = partsOf(start, constants);
    const after = partsOf(start, stepped);
    return Object.keys(before).flatMap((part) => {
      const slope = (after[part].estimate - before[part].estimate) / step;
      if (Math.abs(slope) < 1e-9 || slope * (expected[name].high - expected[name].low) < 0.01 * gib)
        return [];
      const missing = before[part].truth - before[part].estimate;
      return [{ part, id: start.id, family: start.model.family, value: value + missing / slope }];
    });
  });
  const own = all.filter(({ part }) => part !== 'rest');
  return own.length > 0 ? own : all;
}

/** The parts of a start that its log tells: the second runner's segment shows as non-torch, so both are one part there. */
function partsOf(start, constants) {
  const { point } = start;
  const found = sizeOf(start, constants);
  const { weights_gib: weights, kv_cache_gib: cache, activation_peak_gib: peak } = point;
  const { non_torch_gib: outside, cudagraph_estimated_gib: graphs } = point;
  const second = kindOfStart(start).startsWith('second');
  const parts = {};
  const add = (name, truth, estimate) => {
    parts[name] = { truth: truth * gib, estimate };
  };
  if (weights !== null && point.evaluable.weights) add('weights', weights, found.weightBytes.value);
  if (second && peak != null && outside != null)
    add('beside', peak + outside, found.activationBytes.value + found.nonTorchBytes.value);
  if (!second && peak != null) add('peak', peak, found.activationBytes.value);
  if (!second && outside != null) add('outside', outside, found.nonTorchBytes.value);
  if (graphs > 0 && found.reservedGraphBytes.high > 0) add('graphs', graphs, found.reservedGraphBytes.value);
  if (Object.keys(parts).every((name) => name === 'weights') && cache > 0 && point.evaluable.kvGib)
    add('rest', -cache, -found.kvCacheBytes.value);
  return parts;
}

function tellsPeak({ point }) {
  return point.activation_peak_gib != null || (point.kv_cache_gib > 0 && point.evaluable.kvGib);
}

function kindOfStart(start) {
  const { shape, secondRunner } = contexts.get(start) ?? remember(start);
  return kindOf(shape, secondRunner);
}

const contexts = new WeakMap();

function remember(start) {
  const context = contextOf(start.request);
  contexts.set(start, context);
  return context;
}
