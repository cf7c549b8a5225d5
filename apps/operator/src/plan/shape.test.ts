import type { Node } from '@kaito-ts/kube-runtime';
import { embeddedCatalogue } from '@kaito-ts/preset-catalog';
import { labels, parseWorkspace } from '@kaito-ts/api-types';
import { expect, test } from 'vitest';
import { mostMachines, surveyOfMachines } from '../provisioner/machines.ts';
import type { NodeSurvey } from '../provisioner/provisioner.ts';
import { planServing } from './serving.ts';
import { planShape } from './shape.ts';

/** What is planned before machines are bought is what is planned on their nodes: else a model would roll once they are there. */

const catalogue = embeddedCatalogue();

/** Memory as the label `nvidia.com/gpu.memory` says it. */
const machines: readonly (readonly [instanceType: string, memoryMiB: number])[] = [
  ['Standard_NV36ads_A10_v5', 23_028],
  ['Standard_NC48ads_A100_v4', 81_920],
  ['Standard_NC80adis_H100_v5', 95_830],
  ['Standard_ND96isr_H100_v5', 81_559],
  ['g5.12xlarge', 23_028],
  ['g6.48xlarge', 23_034],
  ['Standard_NC32_A16', 15_356],
];

function nodesOf(instanceType: string, memoryMiB: number): NodeSurvey {
  const type = catalogue.instanceType(instanceType);
  const count = String(type?.gpuCount);
  const node: Node = {
    metadata: {
      name: 'node',
      labels: {
        [labels.nodeInstanceType]: instanceType,
        'nvidia.com/gpu.product': (type?.gpu ?? '').replaceAll(' ', '-'),
        'nvidia.com/gpu.count': count,
        'nvidia.com/gpu.memory': String(memoryMiB),
      },
    },
    status: { allocatable: { memory: '900Gi', 'nvidia.com/gpu': count } },
  };
  return {
    usable: Array.from({ length: mostMachines }, () => node),
    unusable: [],
    warnings: [],
    summary: '',
  };
}

/** Reasons name the product, which only a node tells. */
function outcome(name: string, instanceType: string, survey: NodeSurvey | undefined): unknown {
  const parsed = parseWorkspace({
    apiVersion: 'kaito.sh/v1beta1',
    kind: 'Workspace',
    metadata: { name: 'one' },
    resource: { instanceType, labelSelector: { matchLabels: { apps: 'one' } } },
    inference: { preset: { name } },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  const workspace = parsed.value;
  const serving = planServing(workspace, undefined, {
    catalogue,
    defaultRuntime: 'vllm',
    runtimeImages: new Map(),
  });
  if (!serving.ok) return serving.cause.reason;
  const bought = surveyOfMachines(workspace, serving.value, catalogue);
  if (!bought.ok) return bought.cause.reason;
  const input = { workspace, serving: serving.value, pinned: undefined, intent: 'new', catalogue };
  const shape = planShape({ ...input, survey: survey ?? bought.value });
  return shape.ok ? shape.value?.shape : shape.cause.reason;
}

test.each(machines)('every model on %s has one shape, with nodes or without', (instanceType, memoryMiB) => {
  const survey = nodesOf(instanceType, memoryMiB);
  const differing = catalogue.models.filter(
    ({ name }) =>
      JSON.stringify(outcome(name, instanceType, undefined)) !==
      JSON.stringify(outcome(name, instanceType, survey)),
  );
  expect(differing.map(({ name }) => name)).toEqual([]);
});
