import type { CacheGroup, CacheLayout, CacheSpec, CountedSpec } from './cache-spec.ts';

export interface LayoutRequest {
  readonly specs: readonly CountedSpec[];
  /** Multiple of tokens to which the attention block is rounded beside states. */
  readonly alignment: number;
  readonly alignsStates: boolean;
  readonly userBlock: number | undefined;
}

/** Groups layers and brings their pages to one size, as vLLM's kv_cache_utils does (read in 0.32.0). */
export function layoutOf(request: LayoutRequest): CacheLayout {
  const specs = withAlignedStates(request);
  const hasStates = specs.some(({ spec }) => spec.reach === 'state');
  if (specs.length === 0) {
    return {
      groups: [],
      bytesPerBlock: 0,
      tokenBlock: 16,
      hasStates: false,
      how: 'no cache',
      doubtful: false,
    };
  }
  const kinds = byKey(specs);
  if (kinds.length === 1 || isUniform(kinds)) return oneGroup(kinds, hasStates);
  const unified = unifyPages(kinds);
  return grouped(unified.kinds, hasStates, unified.padded);
}

type Kind = CountedSpec;

function byKey(specs: readonly CountedSpec[]): readonly Kind[] {
  const kinds = new Map<string, Kind>();
  for (const { spec, layers } of specs) {
    kinds.set(spec.key, { spec, layers: (kinds.get(spec.key)?.layers ?? 0) + layers });
  }
  return [...kinds.values()];
}

/** Caches of every token with different widths share one table, page beside page. */
function isUniform(kinds: readonly Kind[]): boolean {
  const first = kinds[0]?.spec;
  return kinds.every(
    ({ spec }) =>
      spec.reach === first?.reach &&
      spec.span === first.span &&
      spec.blockTokens === first.blockTokens &&
      spec.reach !== 'state',
  );
}

function oneGroup(kinds: readonly Kind[], hasStates: boolean): CacheLayout {
  const bytesPerBlock = kinds.reduce((total, { spec, layers }) => total + spec.pageBytes * layers, 0);
  const layers = kinds.reduce((total, kind) => total + kind.layers, 0);
  const spec = kinds[0]?.spec;
  const groups: readonly CacheGroup[] = spec === undefined ? [] : [{ layers, spec }];
  return {
    groups,
    bytesPerBlock,
    tokenBlock: spec?.blockTokens ?? 16,
    hasStates,
    how: `${layers} layers in one group`,
    doubtful: false,
  };
}

/** A state sets the attention's block: the fewest aligned tokens whose page holds it; the state is padded to that page. */
function withAlignedStates({
  specs,
  alignment,
  alignsStates,
  userBlock,
}: LayoutRequest): readonly CountedSpec[] {
  const states = specs.filter(({ spec }) => spec.reach === 'state');
  const attention = specs.filter(({ spec }) => spec.reach !== 'state');
  if (states.length === 0 || attention.length === 0) return specs;
  const widest = Math.max(...states.map(({ spec }) => spec.pageBytes));
  const perToken = Math.max(...attention.map(({ spec }) => spec.pageBytes / spec.blockTokens));
  const step = Math.max(alignment, userBlock ?? 0);
  const block = step * Math.ceil(widest / (step * perToken));
  const pageBytes = block * perToken;
  return specs.map(({ spec, layers }) => ({
    layers,
    spec:
      spec.reach === 'state'
        ? aligned(spec, { pageBytes, blockTokens: alignsStates ? block : spec.blockTokens, key: 'state' })
        : aligned(spec, { blockTokens: block, pageBytes: (spec.pageBytes / spec.blockTokens) * block }),
  }));
}

function aligned(spec: CacheSpec, change: Partial<CacheSpec>): CacheSpec {
  return { ...spec, ...change };
}

function unifyPages(kinds: readonly Kind[]): { readonly kinds: readonly Kind[]; readonly padded: boolean } {
  const largest = Math.max(...kinds.map(({ spec }) => spec.pageBytes));
  let padded = false;
  const unified = kinds.map(({ spec, layers }) => {
    if (spec.pageBytes === largest) return { spec, layers };
    if (spec.reach !== 'state' && largest % spec.pageBytes === 0) {
      return {
        spec: { ...spec, blockTokens: (spec.blockTokens * largest) / spec.pageBytes, pageBytes: largest },
        layers,
      };
    }
    padded = true;
    return { spec: { ...spec, pageBytes: largest }, layers };
  });
  return { kinds: unified, padded };
}

function grouped(kinds: readonly Kind[], hasStates: boolean, doubtful: boolean): CacheLayout {
  const fewest = Math.min(...kinds.map(({ layers }) => layers));
  const most = Math.max(...kinds.map(({ layers }) => layers));
  const size = most < fewest * 1.5 ? most : fewest;
  const groups = kinds.flatMap(({ spec, layers }): readonly CacheGroup[] => {
    const count = Math.ceil(layers / size);
    return Array.from({ length: count }, (_, index) => ({
      spec,
      layers: Math.ceil((layers - index) / count),
    }));
  });
  const page = Math.max(...kinds.map(({ spec }) => spec.pageBytes));
  const widest = Math.max(...groups.map(({ layers }) => layers));
  return {
    groups,
    bytesPerBlock: widest * page,
    tokenBlock: Math.min(...groups.map(({ spec }) => spec.blockTokens)),
    hasStates,
    how: `${groups.length} groups of up to ${widest} layers, pages of ${page} bytes`,
    doubtful,
  };
}
