import { describe, expect, test } from 'vitest';
import { embeddedCatalogue } from '../embedded-catalogue.ts';

const catalogue = embeddedCatalogue();

describe('a GPU is known by every spelling in use', () => {
  test.each([
    ['NVIDIA H100 80GB HBM3', 'NVIDIA H100 80GB HBM3'],
    ['NVIDIA-H100-80GB-HBM3', 'NVIDIA H100 80GB HBM3'],
    ['h100', 'NVIDIA H100 80GB HBM3'],
    ['NVIDIA-A10-24Q', 'NVIDIA A10'],
    ['NVIDIA-A100-80GB-PCIe', 'NVIDIA A100 80GB PCIe'],
    ['Tesla-T4', 'Tesla T4'],
    ['RTX 4090', 'NVIDIA GeForce RTX 4090'],
    ['NVIDIA-GeForce-RTX-4090', 'NVIDIA GeForce RTX 4090'],
  ])('%s', (spelling, name) => {
    expect(catalogue.gpuModel(spelling)?.name).toBe(name);
  });

  test.each(['A100', 'V100', 'H1000', ''])('%j is ambiguous or unknown', (spelling) => {
    expect(catalogue.gpuModel(spelling)).toBeUndefined();
  });
});

describe('node labels', () => {
  const h100 = {
    'nvidia.com/gpu.product': 'NVIDIA-H100-80GB-HBM3',
    'nvidia.com/gpu.count': '8',
    'nvidia.com/gpu.memory': '81559',
  };

  test('tell product, count and unrounded memory', () => {
    expect(catalogue.gpuFromNodeLabels(h100)).toMatchObject({
      product: 'NVIDIA-H100-80GB-HBM3',
      model: { name: 'NVIDIA H100 80GB HBM3' },
      count: 8,
      memoryBytes: 81559 * 1024 * 1024,
      memorySource: 'label',
      computeCapability: 9,
      missing: [],
    });
  });

  test('without memory: the size of the model, and what is missing', () => {
    const { 'nvidia.com/gpu.memory': _, ...labels } = h100;
    expect(catalogue.gpuFromNodeLabels(labels)).toMatchObject({
      memoryBytes: 85_017_493_504,
      memorySource: 'model',
      missing: ['nvidia.com/gpu.memory'],
    });
  });

  test('of an unknown product keep what they say', () => {
    const gpu = catalogue.gpuFromNodeLabels({ ...h100, 'nvidia.com/gpu.product': 'NVIDIA-Z9000' });
    expect(gpu).toMatchObject({ product: 'NVIDIA-Z9000', count: 8, memorySource: 'label' });
    expect(gpu?.model).toBeUndefined();
  });

  test('of slices tell the memory of a slice, never that of the GPU', () => {
    const labels = {
      'nvidia.com/gpu.product': 'NVIDIA-A100-SXM4-80GB-MIG-1g.10gb',
      'nvidia.com/gpu.count': '7',
    };
    const gpu = catalogue.gpuFromNodeLabels(labels);
    expect(gpu).toMatchObject({
      model: { name: 'NVIDIA A100-SXM4-80GB' },
      mig: { name: '1g.10gb', slices: 1, nominalMemoryGiB: 10 },
      missing: ['nvidia.com/gpu.memory'],
    });
    expect(gpu?.memoryBytes).toBeUndefined();
    expect(catalogue.gpuFromNodeLabels({ ...labels, 'nvidia.com/gpu.memory': '9728' })?.memoryBytes).toBe(
      9728 * 1024 * 1024,
    );
  });

  test('of slices with resources of their own tell every profile', () => {
    const gpu = catalogue.gpuFromNodeLabels({
      'nvidia.com/gpu.product': 'NVIDIA-A100-SXM4-80GB',
      'nvidia.com/gpu.count': '8',
      'nvidia.com/mig-1g.10gb.count': '14',
      'nvidia.com/mig-1g.10gb.memory': '9728',
      'nvidia.com/mig-1g.10gb.product': 'NVIDIA-A100-SXM4-80GB-MIG-1g.10gb',
      'nvidia.com/mig-3g.40gb.count': '2',
    });
    expect(gpu?.slices).toEqual([
      {
        profile: { name: '1g.10gb', slices: 1, nominalMemoryGiB: 10 },
        count: 14,
        memoryBytes: 9728 * 1024 * 1024,
        model: expect.objectContaining({ name: 'NVIDIA A100-SXM4-80GB' }),
      },
      { profile: { name: '3g.40gb', slices: 3, nominalMemoryGiB: 40 }, count: 2 },
    ]);
  });

  test('compute capability comes from its labels first', () => {
    const labels = { ...h100, 'nvidia.com/cuda.compute.major': '12', 'nvidia.com/cuda.compute.minor': '1' };
    expect(catalogue.gpuFromNodeLabels(labels)?.computeCapability).toBe(12.1);
  });

  test('that are no numbers count as missing', () => {
    const gpu = catalogue.gpuFromNodeLabels({ ...h100, 'nvidia.com/gpu.count': 'many' });
    expect(gpu?.missing).toEqual(['nvidia.com/gpu.count']);
  });

  test.each([[{}], [{ 'kubernetes.io/os': 'linux' }], [{ 'nvidia.com/gpu.count': '0' }]])(
    '%j is a CPU node',
    (labels) => {
      expect(catalogue.gpuFromNodeLabels(labels)).toBeUndefined();
    },
  );
});

describe('instance types', () => {
  test('are found without regard to case', () => {
    expect(catalogue.instanceType('standard_nc24ads_a100_v4')).toMatchObject({
      name: 'Standard_NC24ads_A100_v4',
      provider: 'azure',
      gpu: 'NVIDIA A100 80GB PCIe',
      gpuCount: 1,
    });
  });

  test('carry a price with currency, region, date and source', () => {
    expect(catalogue.instanceType('g5.2xlarge')?.price).toEqual({
      perHour: 1.212,
      currency: 'USD',
      region: 'us-east-1',
      kind: 'on-demand linux',
      date: '2026-07-20',
      source: expect.stringContaining('karpenter'),
    });
  });

  test('name GPUs that the catalogue knows', () => {
    const names = new Set(catalogue.gpuModels.map(({ name }) => name));
    expect(catalogue.instanceTypes.filter(({ gpu }) => gpu !== undefined && !names.has(gpu))).toEqual([]);
  });
});
