import type { Node } from '@kaito-ts/kube-runtime';
import { embeddedCatalogue } from '@kaito-ts/preset-catalog';
import { describe, expect, test } from 'vitest';
import { groupByDevice, type DeviceGroup, type DeviceQuestion } from './devices.ts';

const catalogue = embeddedCatalogue();
const mebibyte = 2 ** 20;

function node(labels: Readonly<Record<string, string>>, allocatable: Readonly<Record<string, string>>): Node {
  return {
    metadata: { name: 'node', labels },
    status: { allocatable: { memory: '64Gi', ...allocatable } },
  };
}

function deviceOf(
  labels: Readonly<Record<string, string>>,
  allocatable: Readonly<Record<string, string>>,
  partition?: DeviceQuestion['partition'],
): Partial<DeviceGroup> {
  const [group] = groupByDevice([node(labels, allocatable)], { catalogue, partition, usesGpus: true });
  return group ?? {};
}

const h100 = {
  'nvidia.com/gpu.product': 'NVIDIA-H100-80GB-HBM3',
  'nvidia.com/gpu.count': '8',
  'nvidia.com/gpu.memory': '81559',
};

describe('whole GPUs', () => {
  test('have the memory that CUDA sees, not the driver’s total of the label', () => {
    expect(deviceOf(h100, { 'nvidia.com/gpu': '8' })).toMatchObject({
      resourceName: 'nvidia.com/gpu',
      device: {
        model: 'NVIDIA H100 80GB HBM3',
        memoryBytes: 85_017_493_504,
        computeCapability: 9,
        count: 8,
      },
    });
  });

  test('of an unknown product have a little less than the label says', () => {
    const { device } = deviceOf(
      {
        'nvidia.com/gpu.product': 'NVIDIA-Z9000',
        'nvidia.com/gpu.count': '2',
        'nvidia.com/gpu.memory': '40960',
      },
      { 'nvidia.com/gpu': '2' },
    );
    expect(device).toMatchObject({ model: 'NVIDIA-Z9000', count: 2 });
    expect(device).toHaveProperty('memoryBytes', (40_960 - 512) * mebibyte);
  });

  test('without labels are those of the instance type', () => {
    expect(
      deviceOf({ 'node.kubernetes.io/instance-type': 'Standard_NC48ads_A100_v4' }, { 'nvidia.com/gpu': '2' }),
    ).toMatchObject({
      device: { model: 'NVIDIA A100 80GB PCIe', computeCapability: 8, count: 2 },
    });
  });

  test('that the device plugin does not offer do not count', () => {
    expect(deviceOf(h100, { 'nvidia.com/gpu': '7' }).device).toMatchObject({ count: 7 });
  });

  test('carry the compute capability that their labels say', () => {
    const labels = { ...h100, 'nvidia.com/cuda.compute.major': '12', 'nvidia.com/cuda.compute.minor': '1' };
    expect(deviceOf(labels, { 'nvidia.com/gpu': '8' }).device).toMatchObject({ computeCapability: 12.1 });
  });

  test('are cut to the number that a partition names', () => {
    const partition = { mode: 'accelerator', count: 2 } as const;
    expect(deviceOf(h100, { 'nvidia.com/gpu': '8' }, partition).device).toMatchObject({ count: 2 });
  });
});

describe('MIG slices', () => {
  const single = {
    'nvidia.com/gpu.product': 'NVIDIA-A100-SXM4-80GB-MIG-1g.10gb',
    'nvidia.com/gpu.count': '56',
    'nvidia.com/gpu.memory': '9728',
  };
  const mixed = {
    'nvidia.com/gpu.product': 'NVIDIA-A100-SXM4-80GB',
    'nvidia.com/gpu.count': '8',
    'nvidia.com/gpu.memory': '81920',
    'nvidia.com/mig-1g.10gb.count': '14',
    'nvidia.com/mig-1g.10gb.memory': '9728',
    'nvidia.com/mig-3g.40gb.count': '2',
    'nvidia.com/mig-3g.40gb.memory': '40192',
  };
  const slice = { mode: 'mig', profile: '1g.10gb' } as const;

  test('of the strategy "single" are asked for as GPUs, one for each pod', () => {
    for (const partition of [undefined, slice]) {
      expect(deviceOf(single, { 'nvidia.com/gpu': '56' }, partition)).toMatchObject({
        resourceName: 'nvidia.com/gpu',
        device: { count: 1, memoryBytes: 9728 * mebibyte, computeCapability: 8 },
      });
    }
  });

  test('of the strategy "mixed" are asked for by profile, with the memory of their label', () => {
    const allocatable = {
      'nvidia.com/gpu': '0',
      'nvidia.com/mig-1g.10gb': '14',
      'nvidia.com/mig-3g.40gb': '2',
    };
    expect(deviceOf(mixed, allocatable, slice)).toMatchObject({
      resourceName: 'nvidia.com/mig-1g.10gb',
      device: { count: 1, memoryBytes: 9728 * mebibyte },
    });
    expect(deviceOf(mixed, allocatable)).toMatchObject({
      resourceName: 'nvidia.com/mig-3g.40gb',
      device: { count: 1, memoryBytes: 40_192 * mebibyte },
    });
  });

  test('without labels are known by their resource', () => {
    expect(deviceOf({}, { 'nvidia.com/mig-2g.20gb': '3' })).toMatchObject({
      resourceName: 'nvidia.com/mig-2g.20gb',
      device: { count: 1, memoryBytes: 19 * 2 ** 30 },
    });
  });

  test('that a node does not have are not asked for', () => {
    expect(deviceOf(single, { 'nvidia.com/gpu': '56' }, { mode: 'mig', profile: '2g.20gb' })).toMatchObject({
      resourceName: undefined,
      lacks: 'has no MIG slices 2g.20gb, only 1g.10gb',
    });
  });
});

test('a node without GPUs is a CPU node', () => {
  expect(deviceOf({}, {})).toMatchObject({
    resourceName: undefined,
    device: { kind: 'cpu', allocatableMemoryBytes: 64 * 2 ** 30 },
  });
});
