import { embeddedCatalogue, type JsonObject } from '@kaito-ts/preset-catalog';
import { describe, expect, test } from 'vitest';
import { SizingInputError } from './errors.ts';
import { size } from './size.ts';
import { visibleMemory } from './engine/find-device.ts';
import type { Size, SizeRequest } from './size-request.ts';

const catalogue = embeddedCatalogue();
interface Model {
  readonly name: string;
  readonly config: JsonObject;
}

const models = catalogue.models.flatMap(({ name, facts: { config } }): readonly Model[] =>
  config === undefined || sized({ config }) === undefined ? [] : [{ name, config }],
);
const versions = ['0.10.0', '0.19.1', '0.25.1', '0.32.0'];
const memories = [...new Set(catalogue.gpuModels.flatMap((gpu) => visibleMemory(gpu) ?? []))].toSorted(
  (a, b) => a - b,
);

function sized(wishes: Partial<SizeRequest> & { readonly config: JsonObject }): Size | undefined {
  try {
    return size({
      device: { name: 'H100', memoryBytes: 85_017_493_504, computeCapability: 9 },
      runtimeVersion: '0.32.0',
      ...wishes,
    });
  } catch (error) {
    if (error instanceof SizingInputError) return undefined;
    throw error;
  }
}

test('most of the catalogue can be sized', () => {
  expect(models.length).toBeGreaterThan(50);
});

/** Cases that break a property, told by what they are. */
function faults(of: (model: Model) => readonly string[]): readonly string[] {
  return models.flatMap((model) => of(model).map((fault) => `${model.name}: ${fault}`));
}

describe.each(versions)('in vLLM %s', (runtimeVersion) => {
  test('the parts add up to the memory that may be used, and each is between its bounds', () => {
    const broken = faults(({ config }) =>
      memories.flatMap((bytes) => {
        const found = sized({ config, runtimeVersion, device: deviceOf(bytes) });
        if (found === undefined) return [];
        const { weightBytes, activationBytes, nonTorchBytes, reservedGraphBytes, kvCacheBytes } = found;
        const parts = [weightBytes, activationBytes, nonTorchBytes, reservedGraphBytes, kvCacheBytes];
        const sum = parts.reduce((total, { value }) => total + value, found.loraBytes);
        const apart = kvCacheBytes.value > 0 && Math.abs(sum / found.budgetBytes - 1) > 1e-6;
        const outside = [...parts, found.kvTokens].some(
          ({ value, low, high }) => !(low <= value && value <= high),
        );
        return apart || outside || found.budgetBytes > bytes ? [`${bytes} bytes`] : [];
      }),
    );
    expect(broken).toEqual([]);
  });

  test('more memory never fits less, and never less context', () => {
    const limits = { maxModelLen: 2048, maxNumSeqs: 64, maxNumBatchedTokens: 2048 };
    const broken = faults(({ config }) => {
      const found = memories.flatMap((bytes) => {
        const one = sized({ config, runtimeVersion, ...limits, device: deviceOf(bytes) });
        return one === undefined ? [] : [{ bytes, fits: one.fits, longest: one.longestModelLen.value }];
      });
      return found.flatMap(({ bytes, fits, longest }, index) => {
        const before = found[index - 1];
        const less = before !== undefined && ((before.fits && !fits) || before.longest > longest);
        return less ? [`${bytes} bytes`] : [];
      });
    });
    expect(broken).toEqual([]);
  });

  test('a longer context never gives more requests at once', () => {
    const limits = { maxNumSeqs: 64, maxNumBatchedTokens: 2048, kvCacheMemoryBytes: 20 * 2 ** 30 };
    const broken = faults(({ config }) => {
      const found = [512, 2048, 4096, 8192, 32_768, 131_072].flatMap(
        (maxModelLen) =>
          sized({ config, runtimeVersion, ...limits, maxModelLen })?.maxConcurrency.value ?? [],
      );
      return found.some((concurrency, index) => concurrency > (found[index - 1] ?? Number.POSITIVE_INFINITY))
        ? [found.join(' ')]
        : [];
    });
    expect(broken).toEqual([]);
  });

  test('a number of ranks that divides no published model is refused', () => {
    const broken = faults(({ config }) =>
      [11, 13].flatMap((tensorParallelSize) =>
        sized({ config, runtimeVersion, tensorParallelSize })?.fits === true
          ? [`${tensorParallelSize} ranks`]
          : [],
      ),
    );
    expect(broken).toEqual([]);
  });
});

function deviceOf(memoryBytes: number): SizeRequest['device'] {
  return { name: 'H100', memoryBytes, computeCapability: 9 };
}
