import type * as prometheus from 'prom-client';

/** How one reconcile ended, as the metrics count it. */
export type ReconcileResult = 'done' | 'requeueAfter' | 'error' | 'terminalError';

const reconcileResults: readonly ReconcileResult[] = ['done', 'requeueAfter', 'error', 'terminalError'];

/** What the runtime reports about itself. */
export interface RuntimeMetrics {
  queueWaited(controller: string, seconds: number): void;
  queueDepth(controller: string, read: () => number): void;
  reconciled(controller: string, result: ReconcileResult, seconds: number): void;
}

export const noMetrics: RuntimeMetrics = {
  queueWaited: () => {},
  queueDepth: () => {},
  reconciled: () => {},
};

/**
 * Metrics in a registry of the caller's. prom-client is handed in, because programs without metrics should not load it:
 * `prometheusMetrics(await import('prom-client'), registry)`.
 */
export function prometheusMetrics(prom: typeof prometheus, registry: prometheus.Registry): RuntimeMetrics {
  const registers = [registry];
  const depths = new Map<string, () => number>();
  const waits = new prom.Histogram({
    name: 'workqueue_queue_duration_seconds',
    help: 'How long keys waited for a worker',
    labelNames: ['controller'],
    buckets: [0.001, 0.01, 0.1, 1, 10, 60],
    registers,
  });
  const durations = new prom.Histogram({
    name: 'controller_reconcile_time_seconds',
    help: 'How long reconciles took',
    labelNames: ['controller'],
    buckets: [0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60],
    registers,
  });
  const totals = new prom.Counter({
    name: 'controller_reconcile_total',
    help: 'Reconciles by result',
    labelNames: ['controller', 'result'],
    registers,
  });
  const depth = new prom.Gauge({
    name: 'workqueue_depth',
    help: 'Keys that wait for a worker',
    labelNames: ['controller'],
    registers,
    collect: () => depths.forEach((read, controller) => depth.set({ controller }, read())),
  });
  return {
    queueWaited: (controller, seconds) => waits.observe({ controller }, seconds),
    queueDepth: (controller, read) => {
      depths.set(controller, read);
      // A series that begins at its first error cannot be told from one that was lost.
      for (const result of reconcileResults) totals.inc({ controller, result }, 0);
    },
    reconciled: (controller, result, seconds) => {
      totals.inc({ controller, result });
      durations.observe({ controller }, seconds);
    },
  };
}
