import type { WorkspaceStatus } from '@kaito-ts/api-types';
import type { WorkspaceObject } from './plan/observation.ts';
import { conditionTypes } from '@kaito-ts/api-types';
import * as prometheus from 'prom-client';

/** Registry of the process: its own figures, and how many Workspaces are in which phase. */
export function createRegistry(workspaces: () => readonly WorkspaceObject[]): prometheus.Registry {
  const registry = new prometheus.Registry();
  prometheus.collectDefaultMetrics({ register: registry });
  const count = new prometheus.Gauge({
    name: 'kaito_workspace_count',
    help: 'Workspaces by phase',
    labelNames: ['phase'],
    registers: [registry],
    collect: () => {
      const phases = { succeeded: 0, error: 0, pending: 0, deleting: 0 };
      for (const workspace of workspaces()) phases[phaseOf(workspace)]++;
      for (const [phase, value] of Object.entries(phases)) count.set({ phase }, value);
    },
  });
  return registry;
}

/** Upstream's names; unlike there, a Workspace that merely is not ready yet counts as pending. */
export function phaseOf({
  metadata,
  status,
}: WorkspaceObject): 'succeeded' | 'error' | 'pending' | 'deleting' {
  if (metadata.deletionTimestamp !== undefined) return 'deleting';
  const conditions = (status as WorkspaceStatus | undefined)?.conditions;
  const whole = conditions?.find(({ type }) => type === conditionTypes.workspaceSucceeded);
  if (whole?.status === 'True') return 'succeeded';
  return whole?.status === 'False' && whole.reason !== 'workspacePending' ? 'error' : 'pending';
}
