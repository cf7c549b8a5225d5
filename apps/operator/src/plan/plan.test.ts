import { describe, expect, test } from 'vitest';
import {
  afterApplying,
  appliedWorkload,
  condition,
  node,
  now,
  observation,
  pod,
  revisionOfPlan,
  settings,
  workspace,
  type WorkspaceParts,
} from './builders.test.data.ts';
import type { Observation } from './observation.ts';
import { planWorkspace } from './plan.ts';
import { nameOfStep, type Plan } from './plan-value.ts';

function plan(parts: Partial<Observation> = {}): Plan {
  return planWorkspace(observation(parts), settings(), now);
}

function steps({ steps: list }: Plan): string[] {
  return list.map((step) => `${step.kind} ${nameOfStep(step)}`);
}

/** The state after one round whose workload has come up on gpu-1. */
function serving(parts: Partial<Observation> = {}): { state: Observation; revision: string } {
  const first = observation(parts);
  const planned = planWorkspace(first, settings(), now);
  const revision = revisionOfPlan(planned);
  const requests = { 'nvidia.com/gpu': '1' };
  const pods = [pod('phi-a', { revision, ready: true, node: 'gpu-1', requests })];
  const up = {
    ...afterApplying(first, planned),
    pods,
    podsOn: (name: string) => (name === 'gpu-1' ? pods : []),
  };
  const ready = planWorkspace(up, settings(), now);
  return { state: { ...up, workspace: { ...up.workspace, status: ready.status } }, revision };
}

function edited(state: Observation, parts: WorkspaceParts): Observation {
  return {
    ...state,
    workspace: { ...workspace({ generation: 2, ...parts }), status: state.workspace.status },
  };
}

const withAdapter: WorkspaceParts = {
  inference: {
    preset: { name: 'small' },
    adapters: [{ source: { name: 'pirate', image: 'registry.example.com/pirate:1' }, strength: '0.5' }],
  },
};

describe('a new Workspace', () => {
  test('gets its Service and Deployment in one round, and an honest status', () => {
    const first = plan();
    expect(steps(first)).toEqual(['apply Service/phi', 'apply Deployment/phi']);
    expect(first.status?.state).toBe('Pending');
    expect(first.status?.targetNodeCount).toBe(1);
    expect(first.status?.conditions?.map(({ type, status, reason }) => [type, status, reason])).toEqual([
      ['NodesReady', 'True', 'NodesReady'],
      ['ResourceReady', 'True', 'workspaceResourceStatusSuccess'],
      ['InferenceReady', 'False', 'WorkspaceInferenceStatusPending'],
      ['WorkspaceSucceeded', 'False', 'workspacePending'],
    ]);
    expect(condition(first, 'InferenceReady')?.message).toBe(
      'Deployment/phi: its pod has no node yet; next: wait',
    );
  });

  test('is Ready once a pod of its revision is ready, and then nothing is left to do', () => {
    const { state } = serving();
    const again = planWorkspace(state, settings(), '2026-06-01T00:00:00Z');
    expect(again.steps).toEqual([]);
    expect(again.events).toEqual([]);
    expect(again.status).toEqual(state.workspace.status);
    expect(again.status?.state).toBe('Ready');
    expect(again.status?.workerNodes).toEqual(['gpu-1']);
  });

  test('that needs several nodes gets a StatefulSet with a headless Service', () => {
    const nodes = ['gpu-1', 'gpu-2', 'gpu-3', 'gpu-4'].map((name) => node(name, { gpus: 1 }));
    const planned = plan({ workspace: workspace({ inference: { preset: { name: 'large' } } }), nodes });
    expect(steps(planned)).toEqual([
      'apply Service/phi',
      'apply Service/phi-headless',
      'apply StatefulSet/phi',
    ]);
    expect(planned.status?.targetNodeCount).toBeGreaterThan(1);
    expect(appliedWorkload(planned)?.spec).toMatchObject({
      replicas: planned.status?.targetNodeCount,
      updateStrategy: { type: 'OnDelete' },
      podManagementPolicy: 'Parallel',
    });
  });

  test('on a CPU node asks for memory and for no GPU', () => {
    const planned = plan({
      workspace: workspace({ annotations: { 'kaito.sh/runtime': 'llamacpp' } }),
      nodes: [node('cpu-1')],
    });
    const spec = appliedWorkload(planned)?.spec as {
      template: { spec: { containers: { resources: object }[] } };
    };
    expect(spec.template.spec.containers[0]?.resources).toEqual({
      requests: { memory: expect.stringMatching(/^\d+[KMG]i$/) },
    });
  });

  test('with a pod template is served as it is', () => {
    const template = { spec: { containers: [{ name: 'server', image: 'x:1' }] } };
    const planned = plan({ workspace: workspace({ inference: { template } }) });
    expect(steps(planned)).toEqual(['apply Service/phi', 'apply Deployment/phi']);
  });

  test('that does not fit says so and gets no workload, unless checks are bypassed', () => {
    const large = { inference: { preset: { name: 'large' } } };
    const nodes = [node('gpu-1', { gpus: 1, gpuMemoryMiB: 16_384, gpuProduct: 'Tesla-T4' })];
    const refused = plan({ workspace: workspace(large), nodes });
    expect(refused.steps).toEqual([]);
    expect(condition(refused, 'ResourceReady')).toMatchObject({ status: 'False', reason: 'SizingFailed' });
    expect(condition(refused, 'WorkspaceSucceeded')?.reason).toBe('SizingFailed');
    const bypassed = plan({
      workspace: workspace({ ...large, annotations: { 'kaito.sh/bypass-resource-checks': '' } }),
      nodes,
    });
    expect(bypassed.steps).not.toEqual([]);
  });
});

describe('nodes', () => {
  const cases: readonly [string, WorkspaceParts, Observation['nodes'], string, string][] = [
    ['no node at all', {}, [], 'NodesNotFound', 'the cluster has no nodes'],
    [
      'none matches',
      {},
      [node('a', { labels: { apps: 'other' } })],
      'NodesNotFound',
      'none of 1 node(s) matches',
    ],
    [
      'not ready',
      {},
      [node('a', { ready: false })],
      'NodeNotReady',
      'Node/a: is not Ready (KubeletNotReady)',
    ],
    ['cordoned', {}, [node('a', { unschedulable: true })], 'NodeCordoned', 'Node/a: is cordoned'],
    [
      'tainted',
      {},
      [node('a', { taints: [{ key: 'team', value: 'x', effect: 'NoSchedule' }] })],
      'NodeTainted',
      'Node/a: has the taint team=x:NoSchedule',
    ],
    [
      'GPUs not advertised',
      {},
      [node('a', { labels: { 'nvidia.com/gpu.count': '1' } })],
      'NodePluginsNotReady',
      'Node/a: has GPUs but does not advertise them yet',
    ],
    [
      'instance type filters everything',
      { resource: { instanceType: 'big' } },
      [node('a', { labels: { 'node.kubernetes.io/instance-type': 'small' } })],
      'InstanceTypeNotFound',
      'instanceType big leaves none of the 1 node(s) that match the label selector (their node.kubernetes.io/instance-type: small)',
    ],
    [
      'expression excludes',
      {
        resource: {
          labelSelector: { matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['b'] }] },
        },
      },
      [node('a', { labels: { zone: 'b' } })],
      'NodesNotFound',
      'none of 1 node(s) matches',
    ],
  ];

  for (const [name, parts, nodes, reason, message] of cases) {
    test(`${name}: ${reason}, no workload`, () => {
      const planned = plan({ workspace: workspace(parts), nodes });
      expect(planned.steps).toEqual([]);
      expect(condition(planned, 'NodesReady')).toMatchObject({ status: 'False', reason });
      expect(condition(planned, 'NodesReady')?.message).toContain(message);
      expect(condition(planned, 'NodesReady')?.message).toMatch(/^\w+\/\w+: .*; next: /);
      expect(condition(planned, 'ResourceReady')?.message).toBe('waits for NodesReady');
      expect(condition(planned, 'WorkspaceSucceeded')).toMatchObject({
        status: 'False',
        reason: 'workspacePending',
      });
    });
  }

  test('GPU taints are tolerated', () => {
    const taints = [
      { key: 'sku', value: 'gpu', effect: 'NoSchedule' },
      { key: 'nvidia.com/gpu', effect: 'NoSchedule' },
    ];
    expect(plan({ nodes: [node('gpu-1', { gpus: 1, taints })] }).steps).not.toEqual([]);
  });

  test('an unknown preferred node is a warning, told once', () => {
    const state = { workspace: workspace({ resource: { preferredNodes: ['gone', 'gpu-1'] } }) };
    const planned = plan(state);
    expect(condition(planned, 'NodesReady')).toMatchObject({ status: 'True' });
    expect(condition(planned, 'NodesReady')?.message).toContain(
      'warning: preferred node gone does not exist',
    );
    expect(planned.events).toContainEqual({
      type: 'Warning',
      reason: 'PreferredNodeUnknown',
      message: 'preferred node gone does not exist',
    });
    const again = planWorkspace(afterApplying(observation(state), planned), settings(), now);
    expect(again.events.filter(({ reason }) => reason === 'PreferredNodeUnknown')).toEqual([]);
  });

  test('among different GPUs the pods are kept on the kind that was sized', () => {
    const nodes = [
      node('t4', { gpus: 1, gpuMemoryMiB: 4_096, gpuProduct: 'Tesla-T4' }),
      node('a100', { gpus: 1 }),
    ];
    const text = JSON.stringify(appliedWorkload(plan({ nodes })));
    expect(text).toContain(
      '{"key":"nvidia.com/gpu.product","operator":"In","values":["NVIDIA-A100-SXM4-80GB"]}',
    );
  });

  test('that go away later change what is said, not the workload', () => {
    const { state } = serving();
    const planned = planWorkspace({ ...state, nodes: [] }, settings(), now);
    expect(planned.steps).toEqual([]);
    expect(planned.status?.state).toBe('NotReady');
  });
});

describe('a change', () => {
  test('of adapters rolls the workload: without a spare GPU the old pod goes first', () => {
    const { state, revision } = serving();
    const planned = planWorkspace(edited(state, withAdapter), settings(), now);
    expect(steps(planned)).toEqual(['apply Deployment/phi']);
    expect(appliedWorkload(planned)?.spec).toMatchObject({ strategy: { type: 'Recreate' } });
    expect(revisionOfPlan(planned)).not.toBe(revision);
  });

  test('with a spare GPU surges, and keeps to it although the surge takes that GPU', () => {
    const nodes = [node('gpu-1', { gpus: 1 }), node('gpu-2', { gpus: 1 })];
    const { state } = serving({ nodes });
    const change = edited(state, withAdapter);
    const planned = planWorkspace(change, settings(), now);
    expect(appliedWorkload(planned)?.spec).toMatchObject({ strategy: { type: 'RollingUpdate' } });
    const revision = revisionOfPlan(planned);
    const requests = { 'nvidia.com/gpu': '1' };
    const pods = [...state.pods, pod('phi-b', { revision, node: 'gpu-2', requests })];
    const rolling = {
      ...afterApplying(change, planned),
      pods,
      podsOn: (name: string) => pods.filter((p) => p.spec?.nodeName === name),
    };
    expect(planWorkspace(rolling, settings(), now).steps).toEqual([]);
  });

  test('is reported with the revision that still serves', () => {
    const { state, revision } = serving();
    const planned = planWorkspace(edited(state, withAdapter), settings(), now);
    expect(condition(planned, 'InferenceReady')).toMatchObject({
      status: 'False',
      reason: 'RolloutInProgress',
    });
    expect(condition(planned, 'InferenceReady')?.message).toBe(
      `Deployment/phi: revision ${revision} still serves while revision ${revisionOfPlan(planned)} is starting; next: wait`,
    );
    expect(planned.status?.state).toBe('NotReady');
  });

  test('is not over while a ready pod of the old revision still takes requests', () => {
    const { state, revision } = serving();
    const change = edited(state, withAdapter);
    const planned = planWorkspace(change, settings(), now);
    const fresh = pod('phi-b', { revision: revisionOfPlan(planned), node: 'gpu-1', ready: true });
    const beside = { ...afterApplying(change, planned), pods: [...state.pods, fresh] };
    expect(condition(planWorkspace(beside, settings(), now), 'InferenceReady')).toMatchObject({
      status: 'False',
      reason: 'RolloutInProgress',
      message: expect.stringContaining(`revision ${revision} still serves beside`),
    });
    const [old] = state.pods;
    const leaving = pod(old?.metadata.name ?? '', {
      revision,
      node: 'gpu-1',
      ready: true,
      toldToEnd: 3,
    });
    const handedOver = { ...beside, pods: [leaving, fresh] };
    expect(condition(planWorkspace(handedOver, settings(), now), 'InferenceReady')?.status).toBe('True');
  });

  test('of the config content rolls', () => {
    const config = { name: 'params', state: 'present', content: 'vllm:\n  max-model-len: 1024\n' } as const;
    const configured = {
      workspace: workspace({ inference: { preset: { name: 'small' }, config: 'params' } }),
      config,
    };
    const { state, revision } = serving(configured);
    expect(planWorkspace(state, settings(), now).steps).toEqual([]);
    const changed = { ...state, config: { ...config, content: 'vllm:\n  max-model-len: 2048\n' } };
    const planned = planWorkspace(changed, settings(), now);
    expect(steps(planned)).toEqual(['apply Deployment/phi']);
    expect(revisionOfPlan(planned)).not.toBe(revision);
  });

  test('that is wrong leaves the old revision serving, and says both', () => {
    const { state, revision } = serving();
    const planned = planWorkspace(
      edited(state, { annotations: { 'kaito.sh/runtime': 'vlmm' } }),
      settings(),
      now,
    );
    expect(planned.steps).toEqual([]);
    expect(condition(planned, 'InferenceReady')?.message).toContain(`(revision ${revision} still serves)`);
    expect(condition(planned, 'WorkspaceSucceeded')?.reason).toBe('RuntimeUnsupported');
  });

  test('by hand to the Deployment is undone', () => {
    const { state } = serving();
    const live = structuredClone(state.deployment) as unknown as {
      spec: { template: { spec: { containers: { image: string }[] } } };
    };
    const [container] = live.spec.template.spec.containers;
    if (container !== undefined) container.image = 'else:1';
    const planned = planWorkspace(
      { ...state, deployment: live as unknown as NonNullable<Observation['deployment']> },
      settings(),
      now,
    );
    expect(steps(planned)).toEqual(['apply Deployment/phi']);
  });
});

describe('names and deletion', () => {
  test('an object of the name that is not ours is left alone and named', () => {
    const deployment = {
      metadata: { name: 'phi', namespace: 'demo', uid: 'x' },
    } as Observation['deployment'];
    const planned = plan({ deployment });
    expect(planned.steps).toEqual([]);
    expect(condition(planned, 'WorkspaceSucceeded')).toMatchObject({ reason: 'WorkloadConflict' });
    expect(condition(planned, 'InferenceReady')?.message).toContain('Deployment/phi: was not made by kaito');
  });

  test("upstream's finalizer is taken off a Workspace that is being deleted; nothing else happens", () => {
    const planned = plan({
      workspace: workspace({ finalizers: ['workspace.finalizer.kaito.sh'], deletionTimestamp: now }),
    });
    expect(steps(planned)).toEqual(['releaseFinalizer finalizer/workspace.finalizer.kaito.sh']);
    expect(planned.status).toBeUndefined();
  });
});
