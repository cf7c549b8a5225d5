import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { measure, phaseHistogram, phaseOf } from './metrics.ts';
import { workspace } from './plan/builders.test.data.ts';

const statistics = { lists: 1, resumes: 4, bookmarks: 9, failures: 2 };

function statusOf(status: 'True' | 'False', reason: string): { readonly conditions: [] } {
  const condition = { type: 'WorkspaceSucceeded', status, reason, message: '', lastTransitionTime: '' };
  return { conditions: [condition] as unknown as [] };
}

describe('metrics', () => {
  test('tell Workspaces, caches and leadership as they are when somebody asks', async () => {
    const registry = new Registry();
    const workspaces = [workspace(), workspace({ deletionTimestamp: '2026-01-01T00:00:00Z' })];
    let leads = false;
    measure(registry, {
      workspaces: () => workspaces,
      caches: { pods: { hasSynced: true, statistics, store: { size: 3 } } },
      lease: 'kaito-operator',
      isLeader: () => leads,
    });
    const first = await registry.metrics();
    for (const line of [
      'kaito_workspace_count{phase="pending"} 1',
      'kaito_workspace_count{phase="deleting"} 1',
      'kaito_workspace_count{phase="succeeded"} 0',
      'kaito_workspace_preset_count{preset_name="small"} 2',
      'leader_election_master_status{name="kaito-operator"} 0',
      'kaito_cache_objects{name="pods"} 3',
      'kaito_cache_synced{name="pods"} 1',
      'reflector_lists_total{name="pods"} 1',
      'reflector_watches_total{name="pods"} 4',
      'reflector_failures_total{name="pods"} 2',
    ])
      expect(first).toContain(line);
    leads = true;
    workspaces.length = 0;
    const second = await registry.metrics();
    expect(second).toContain('leader_election_master_status{name="kaito-operator"} 1');
    expect(second).toContain('kaito_workspace_count{phase="pending"} 0');
    expect(second).not.toContain('preset_name="small"');
    expect(second).toContain('reflector_watches_total{name="pods"} 4');
  });

  test('hold how long phases took', async () => {
    const registry = new Registry();
    phaseHistogram(registry)({ phase: 'load', seconds: 45 });
    const text = await registry.metrics();
    expect(text).toContain('kaito_workspace_phase_seconds_bucket{le="30",phase="load"} 0');
    expect(text).toContain('kaito_workspace_phase_seconds_bucket{le="60",phase="load"} 1');
    expect(text).toContain('kaito_workspace_phase_seconds_sum{phase="load"} 45');
  });

  test.each([
    ['succeeded', workspace({ status: statusOf('True', 'workspaceSucceeded') })],
    ['pending', workspace({ status: statusOf('False', 'workspacePending') })],
    ['error', workspace({ status: statusOf('False', 'ConfigInvalid') })],
    ['pending', workspace()],
  ])('%s is what a Workspace is by its condition', (phase, object) => {
    expect(phaseOf(object)).toBe(phase);
  });
});
