import type { WorkspaceStatus } from '@kaito-ts/api-types';
import type { KubeObject, Reflector } from '@kaito-ts/kube-runtime';
import type { WorkspaceObject } from './plan/observation.ts';
import type { PhaseDuration } from './phases/phase-durations.ts';
import { conditionTypes } from '@kaito-ts/api-types';
import * as prometheus from 'prom-client';

export interface MeasuredParts {
  readonly workspaces: () => readonly WorkspaceObject[];
  readonly caches: Readonly<Record<string, MeasuredCache>>;
  /** Name of the Lease, and whether this process holds it. */
  readonly lease: string;
  readonly isLeader: () => boolean;
}

type MeasuredCache = Pick<Reflector<KubeObject>, 'hasSynced' | 'statistics'> & {
  readonly store: { readonly size: number };
};

/** What is read from the operator's parts when somebody asks: Workspaces, caches, leadership, and the process itself. */
export function measure(registry: prometheus.Registry, parts: MeasuredParts): void {
  const caches = Object.entries(parts.caches);
  prometheus.collectDefaultMetrics({ register: registry });
  gauge(registry, {
    name: 'kaito_workspace_count',
    help: 'Workspaces by phase',
    labelNames: ['phase'],
    read: () => countBy(parts.workspaces(), ['succeeded', 'error', 'pending', 'deleting'], phaseOf),
  });
  gauge(registry, {
    name: 'kaito_workspace_preset_count',
    help: 'Workspaces by the preset that they name',
    labelNames: ['preset_name'],
    read: () => countBy(parts.workspaces(), [], presetOf),
  });
  gauge(registry, {
    name: 'leader_election_master_status',
    help: '1 on the replica that works, 0 on the others',
    labelNames: ['name'],
    read: () => [[parts.lease, Number(parts.isLeader())]],
  });
  gauge(registry, {
    name: 'kaito_cache_objects',
    help: 'Objects that are kept from a watch',
    labelNames: ['name'],
    read: () => caches.map(([name, { store }]) => [name, store.size]),
  });
  gauge(registry, {
    name: 'kaito_cache_synced',
    help: '1 when the cache has held a complete list',
    labelNames: ['name'],
    read: () => caches.map(([name, { hasSynced }]) => [name, Number(hasSynced)]),
  });
  for (const { name, help, of } of watchCounters)
    counter(registry, {
      name,
      help,
      labelNames: ['name'],
      read: () => caches.map(([cache, { statistics }]) => [cache, statistics[of]]),
    });
}

const watchCounters = [
  { name: 'reflector_lists_total', help: 'Complete lists, also those that came as a watch', of: 'lists' },
  { name: 'reflector_watches_total', help: 'Watches begun from a known version', of: 'resumes' },
  { name: 'reflector_failures_total', help: 'Lists and watches that failed', of: 'failures' },
] as const;

/** What a revision took on its way to its first answer. */
export function phaseHistogram(registry: prometheus.Registry): (duration: PhaseDuration) => void {
  const histogram = new prometheus.Histogram({
    name: 'kaito_workspace_phase_seconds',
    help: 'How long a revision of a Workspace took, by phase; first_answer is all of them together',
    labelNames: ['phase'],
    buckets: [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200],
    registers: [registry],
  });
  return ({ phase, seconds }) => histogram.observe({ phase }, seconds);
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

function presetOf(workspace: WorkspaceObject): string | undefined {
  const { inference, tuning } = workspace as {
    readonly inference?: { readonly preset?: { readonly name?: string } };
    readonly tuning?: { readonly preset?: { readonly name?: string } };
  };
  return inference?.preset?.name ?? tuning?.preset?.name;
}

type Reading = readonly (readonly [label: string, value: number])[];

interface ReadMetric {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly [string];
  readonly read: () => Reading;
}

function gauge(registry: prometheus.Registry, { read, ...described }: ReadMetric): void {
  const metric: prometheus.Gauge = new prometheus.Gauge({
    ...described,
    labelNames: [...described.labelNames],
    registers: [registry],
    collect: () => refill(metric, described, read()),
  });
}

/** Counted elsewhere: prom-client's counters can only be added to. */
function counter(registry: prometheus.Registry, { read, ...described }: ReadMetric): void {
  const metric: prometheus.Counter = new prometheus.Counter({
    ...described,
    labelNames: [...described.labelNames],
    registers: [registry],
    collect: () => refill(metric, described, read()),
  });
}

/** Series that are no longer read go away. */
function refill(
  metric: prometheus.Gauge | prometheus.Counter,
  { labelNames: [name] }: Pick<ReadMetric, 'labelNames'>,
  reading: Reading,
): void {
  metric.reset();
  for (const [label, value] of reading) metric.inc({ [name]: label }, value);
}

/** Labels that are given count even when there is none: a series that begins at its first member looks like a lost one. */
function countBy<T>(
  items: readonly T[],
  labels: readonly string[],
  labelOf: (item: T) => string | undefined,
): Reading {
  const counts = new Map(labels.map((label) => [label, 0]));
  for (const item of items) {
    const label = labelOf(item);
    if (label !== undefined) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return [...counts];
}
