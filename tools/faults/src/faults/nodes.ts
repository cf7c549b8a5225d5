import { kinds } from '@kaito-ts/kube-runtime';
import type { Fault } from '../fault.ts';
import type { Scene } from '../scene.ts';
import { aContainer, answering, aPod, onKwok } from '../workspace-builder.ts';

const nodes = { condition: 'NodesReady' } as const;
const gpuLabels = {
  'nvidia.com/gpu.product': 'NVIDIA-A100-SXM4-80GB',
  'nvidia.com/gpu.count': '1',
  'nvidia.com/gpu.memory': '81920',
};
const gpus = { 'nvidia.com/gpu': '1' };
const template = aPod(aContainer(answering));

/** What is wrong with nodes. */
export const nodeFaults: readonly Fault[] = [
  {
    name: 'no node matches',
    engine: 'kwok nodes',
    inject: (scene) => scene.apply({ template, resource: onKwok(scene.namespace) }),
    expect: {
      ...nodes,
      reason: 'NodesNotFound',
      object: /^Workspace\/model$/,
      message: /none of \d+ node\(s\) matches the label selector/,
    },
    heal: async (scene) => void (await scene.kwokNode()),
  },
  {
    name: 'too few nodes',
    engine: 'kwok nodes',
    inject: async (scene) => {
      await scene.kwokNode();
      await scene.apply({ template, resource: onKwok(scene.namespace, { count: 2 }) });
    },
    expect: {
      ...nodes,
      reason: 'InsufficientNodes',
      object: /^Workspace\/model$/,
      message: /2 node\(s\) needed, 1 usable/,
    },
    heal: async (scene) => void (await scene.kwokNode()),
  },
  {
    name: 'instance type matches no node',
    engine: 'kwok nodes',
    inject: async (scene) => {
      await scene.kwokNode({ labels: { 'node.kubernetes.io/instance-type': 'Standard_NC6s_v3' } });
      await scene.apply({
        template,
        resource: onKwok(scene.namespace, { instanceType: 'Standard_NC24ads_A100_v4' }),
      });
    },
    expect: {
      ...nodes,
      reason: 'InstanceTypeNotFound',
      object: /^Workspace\/model$/,
      message: /instanceType Standard_NC24ads_A100_v4 leaves none .*Standard_NC6s_v3/,
    },
    heal: async (scene) =>
      void (await scene.kwokNode({
        labels: { 'node.kubernetes.io/instance-type': 'Standard_NC24ads_A100_v4' },
      })),
  },
  {
    name: 'node cordoned',
    engine: 'kwok nodes',
    inject: async (scene) => {
      await scene.kwokNode({ spec: { unschedulable: true } });
      await scene.apply({ template, resource: onKwok(scene.namespace) });
    },
    expect: {
      ...nodes,
      reason: 'NodeCordoned',
      object: /^Node\/fault-node-cordoned-1$/,
      message: /is cordoned/,
    },
    heal: (scene) => patchNode(scene, { spec: { unschedulable: null } }),
  },
  {
    name: 'node tainted',
    engine: 'kwok nodes',
    inject: async (scene) => {
      const taints = [{ key: 'team', value: 'other', effect: 'NoSchedule' }];
      await scene.kwokNode({ spec: { taints } });
      await scene.apply({ template, resource: onKwok(scene.namespace) });
    },
    expect: {
      ...nodes,
      reason: 'NodeTainted',
      object: /^Node\/fault-node-tainted-1$/,
      message: /has the taint team=other:NoSchedule/,
    },
    heal: (scene) => patchNode(scene, { spec: { taints: null } }),
  },
  {
    name: 'GPU missing on the node',
    engine: 'kwok nodes',
    inject: async (scene) => {
      await scene.kwokNode({ labels: gpuLabels });
      await scene.apply({ runtime: 'vllm', resource: onKwok(scene.namespace) });
    },
    expect: {
      ...nodes,
      reason: 'NodePluginsNotReady',
      object: /^Node\/fault-gpu-missing-on-the-node-1$/,
      message: /GPUs .*device plugin/,
    },
    heal: async ({ client, namespace }) => {
      const value = { status: { capacity: gpus, allocatable: gpus } };
      await client.patchStatus(kinds.nodes, { name: `${namespace}-1` }, { type: 'merge', value });
    },
  },
  {
    name: 'model does not fit',
    engine: 'kwok nodes',
    inject: async (scene) => {
      await scene.kwokNode({ labels: gpuLabels, allocatable: gpus });
      await scene.apply({
        preset: 'llama-3.3-70b-instruct',
        runtime: 'vllm',
        resource: onKwok(scene.namespace),
      });
    },
    expect: {
      condition: 'ResourceReady',
      reason: 'SizingFailed',
      object: /^Workspace\/model$/,
      message: /does not fit on 1 node\(s\) with 1 x NVIDIA-A100/,
    },
  },
  {
    name: 'GPUs taken by other pods',
    engine: 'kwok nodes',
    inject: async (scene) => {
      const nodeName = await scene.kwokNode({ labels: gpuLabels, allocatable: gpus });
      const taker = aContainer(answering, { resources: { limits: gpus } });
      await scene.put(kinds.pods, {
        metadata: { name: 'taker' },
        spec: { nodeName, ...aPod(taker) },
      });
      await scene.apply({ runtime: 'vllm', resource: onKwok(scene.namespace) });
    },
    expect: {
      condition: 'InferenceReady',
      reason: 'Unschedulable',
      object: /^Pod\/model-/,
      message: /Insufficient nvidia\.com\/gpu/,
    },
    heal: (scene) =>
      scene.client.delete(
        kinds.pods,
        { namespace: scene.namespace, name: 'taker' },
        { gracePeriodSeconds: 0 },
      ),
  },
  {
    name: 'node gone',
    engine: 'kwok nodes',
    serve: async (scene) => {
      await scene.kwokNode();
      await scene.apply({ template, resource: onKwok(scene.namespace) });
    },
    inject: (scene) => scene.client.delete(kinds.nodes, { name: `${scene.namespace}-1` }),
    expect: {
      ...nodes,
      reason: 'NodeGone',
      object: /^Node\/fault-node-gone-1$/,
      message: /does not exist any more/,
    },
    heal: async (scene) => void (await scene.kwokNode()),
  },
  {
    name: 'node not ready',
    engine: 'containers',
    alone: true,
    serve: (scene) => scene.apply(),
    inject: ({ ground: { cluster } }) => cluster.kill('kubelet'),
    expect: {
      ...nodes,
      reason: 'NodeNotReady',
      object: /^Node\/real-node$/,
      message: /is not Ready \(NodeStatusUnknown\)/,
    },
    heal: ({ ground: { cluster } }) => cluster.start('kubelet'),
  },
];

async function patchNode(
  { client, namespace }: Scene,
  value: Readonly<Record<string, unknown>>,
): Promise<void> {
  await client.patch(kinds.nodes, { name: `${namespace}-1` }, { type: 'merge', value });
}
