import { describe, expect, test } from 'vitest';
import { bytesPerGiB } from './bytes.ts';
import { catalogue, denseModel, factsOf } from './models.test.data.ts';
import { planShape } from './plan-shape.ts';
import { shapeRefusal } from './refusals.ts';
import type { NodeDevice, PlanRequest } from './request.ts';
import type { SizingPlan } from './sizing.ts';

function plan(overrides: Partial<PlanRequest>): SizingPlan {
  return planShape({
    model: denseModel(),
    nodes: gpuNodes(1, 1, 80),
    runtime: { engine: 'vllm', version: '0.32.0' },
    settings: {},
    ...overrides,
  });
}

function gpuNodes(nodes: number, gpus: number, gib: number): readonly NodeDevice[] {
  return Array.from({ length: nodes }, () => ({ kind: 'gpu', count: gpus, memoryBytes: gib * bytesPerGiB }));
}

describe('the shape', () => {
  test('of a model that is small for one GPU: a copy on each', () => {
    expect(plan({ nodes: gpuNodes(1, 8, 80) })).toMatchObject({
      verdict: 'fits',
      nodeCount: 1,
      gpusPerNode: 8,
      tensorParallelSize: 1,
      dataParallelSize: 8,
    });
  });

  test('of a larger one: split over the GPUs of one node', () => {
    expect(plan({ model: factsOf('llama-3.3-70b-instruct'), nodes: gpuNodes(2, 8, 80) })).toMatchObject({
      verdict: 'fits',
      nodeCount: 1,
      tensorParallelSize: 8,
      pipelineParallelSize: 1,
      dataParallelSize: 1,
    });
  });

  test('of one that no node holds: a pipeline over nodes', () => {
    expect(plan({ model: factsOf('deepseek-v3-0324'), nodes: gpuNodes(4, 8, 80) })).toMatchObject({
      verdict: 'fits',
      nodeCount: 2,
      gpusPerNode: 8,
      tensorParallelSize: 8,
      pipelineParallelSize: 2,
    });
  });

  test('passes over sizes that heads do not allow, with the reason', () => {
    const shape = plan({ model: factsOf('phi-4'), nodes: gpuNodes(1, 4, 24) });
    expect(shape).toMatchObject({
      verdict: 'fits',
      tensorParallelSize: 2,
      dataParallelSize: 2,
      gpusPerNode: 4,
    });
    expect(shape.reasons).toContainEqual(
      expect.stringContaining('neither divides nor is a multiple of 10 key-value heads'),
    );
  });

  test('deals out whole experts where a slice is too narrow for the quantization', () => {
    const shape = plan({ model: factsOf('qwen3.6-35b-a3b-fp8'), nodes: gpuNodes(1, 8, 22) });
    expect(shape).toMatchObject({ verdict: 'fits', tensorParallelSize: 8, expertParallel: true });
    expect(shape.reasons[0]).toMatch(/^tensor 8: experts width 512 over 8 ranks/);
    const settings = { expertParallel: false };
    expect(
      plan({ model: factsOf('qwen3.6-35b-a3b-fp8'), nodes: gpuNodes(1, 8, 22), settings }).expertParallel,
    ).toBeUndefined();
  });

  test('on a MIG slice is the whole model, however many slices and nodes there are', () => {
    const slice: NodeDevice = { kind: 'gpu', count: 1, memoryBytes: 19 * bytesPerGiB, alone: true };
    const model = factsOf('phi-4');
    expect(plan({ model, nodes: [slice, slice, slice] })).toMatchObject({
      verdict: 'doesNotFit',
      nodeCount: 1,
    });
    const settings = { tensorParallelSize: 2 };
    expect(plan({ model: factsOf('phi-4-mini-instruct'), nodes: [slice, slice], settings }).reasons).toEqual([
      'tensor 2: needs 2 GPUs, and a MIG slice works alone',
    ]);
  });

  test('says what it does not count', () => {
    const settings = { speculativeTokens: 3, draftModel: 'acme/draft' };
    expect(plan({ model: factsOf('llama-3.1-8b-instruct'), settings })).toMatchObject({
      verdict: 'fits',
      reasons: ['the draft model acme/draft takes memory that is not counted'],
    });
  });

  test('is the one the user sets', () => {
    const settings = { tensorParallelSize: 2 };
    expect(plan({ settings, nodes: gpuNodes(1, 8, 80) })).toMatchObject({
      tensorParallelSize: 2,
      gpusPerNode: 2,
    });
  });

  test('the user sets is refused when it needs more nodes than there are', () => {
    expect(plan({ settings: { tensorParallelSize: 8 }, nodes: gpuNodes(1, 2, 80) })).toMatchObject({
      verdict: 'doesNotFit',
      reasons: ['tensor 8: needs 4 nodes, 1 of this kind can be had'],
    });
  });

  test('uses one GPU for runtimes that cannot spread', () => {
    const runtime = { engine: 'transformers', version: '5.19.0' } as const;
    expect(plan({ runtime, nodes: gpuNodes(1, 8, 80) })).toMatchObject({
      gpusPerNode: 1,
      tensorParallelSize: 1,
    });
  });

  test('of an unknown model still says how it would be run', () => {
    expect(plan({ model: {}, nodes: gpuNodes(1, 2, 80) })).toMatchObject({
      verdict: 'unknown',
      nodeCount: 1,
      gpusPerNode: 2,
      tensorParallelSize: 2,
    });
  });
});

describe('nodes', () => {
  test('of the kind that fits are taken', () => {
    const mixed = [...gpuNodes(1, 1, 16), ...gpuNodes(1, 1, 80)];
    expect(plan({ nodes: mixed })).toMatchObject({ verdict: 'fits', nodeCount: 1 });
  });

  test('of different kinds never share a model', () => {
    const model = factsOf('llama-3.3-70b-instruct');
    expect(plan({ model, nodes: [...gpuNodes(1, 1, 80), ...gpuNodes(1, 1, 79)] }).verdict).toBe('doesNotFit');
    expect(plan({ model, nodes: gpuNodes(4, 1, 80) }).verdict).toBe('fits');
  });

  test('without GPUs are used when there is no other, and get no GPU request', () => {
    const cpu: NodeDevice = { kind: 'cpu', allocatableMemoryBytes: 8 * bytesPerGiB };
    const model = factsOf('own-tiny-qwen2');
    expect(plan({ model, nodes: [cpu] })).toMatchObject({
      verdict: 'fits',
      device: 'cpu',
      gpusPerNode: 0,
      nodeCount: 1,
    });
    expect(plan({ model, nodes: [cpu, ...gpuNodes(1, 1, 24)] }).device).toBe('gpu');
  });

  test('the largest CPU node counts', () => {
    const small: NodeDevice = { kind: 'cpu', allocatableMemoryBytes: 2 ** 20 };
    const large: NodeDevice = { kind: 'cpu', allocatableMemoryBytes: 8 * bytesPerGiB };
    expect(plan({ model: factsOf('own-tiny-qwen2'), nodes: [small, large] }).verdict).toBe('fits');
  });

  test('must be there', () => {
    expect(plan({ nodes: [] })).toMatchObject({ verdict: 'doesNotFit', reasons: ['there is no node'] });
  });

  test('that are too small leave the reason of every shape', () => {
    const { verdict, reasons } = plan({ nodes: gpuNodes(1, 2, 8) });
    expect(verdict).toBe('doesNotFit');
    expect(reasons).toEqual([
      expect.stringMatching(/^tensor 2: /),
      expect.stringMatching(/^tensor 1 x data 2: /),
    ]);
  });
});

describe.each([
  [1, 1, 24],
  [2, 4, 24],
  [4, 8, 80],
])('every catalogue model on %i nodes with %i GPUs of %i GiB', (nodes, gpus, gib) => {
  const plans = catalogue.models.map(({ name, facts }) => ({
    name,
    facts,
    shape: plan({ model: facts, nodes: gpuNodes(nodes, gpus, gib) }),
  }));
  const fitting = plans.filter(({ shape }) => shape.verdict === 'fits');

  test('gets no shape that a runtime refuses', () => {
    const refused = fitting.filter(({ facts, shape }) => {
      const { tensorParallelSize: tensor, pipelineParallelSize: pipeline, dataParallelSize: data } = shape;
      return shapeRefusal(facts, { tensor, pipeline, data }) !== undefined;
    });
    expect(refused).toEqual([]);
  });

  test('uses all GPUs of the nodes it takes, and takes none that is not there', () => {
    const uneven = fitting.filter(({ shape }) => {
      const ranks = shape.tensorParallelSize * shape.pipelineParallelSize * shape.dataParallelSize;
      return ranks !== shape.nodeCount * gpus || shape.gpusPerNode !== gpus || shape.nodeCount > nodes;
    });
    expect(uneven).toEqual([]);
  });

  test('gets a reason when it does not fit or cannot be told', () => {
    const silent = plans.filter(({ shape }) => shape.verdict !== 'fits' && shape.reasons.length === 0);
    expect(silent.map(({ name }) => name)).toEqual([]);
  });
});
