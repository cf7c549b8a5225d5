import type * as prometheus from 'prom-client';

/** How one reconcile ended, as the metrics count it. */
export type ReconcileResult = 'done' | 'requeueAfter' | 'error' | 'terminalError';

/** What a queue and its workers have done, and do now. */
export interface QueueReading {
  /** Keys that wait for a worker. */
  readonly depth: number;
  readonly active: number;
  /** Keys that were put in, those that were in already left out. */
  readonly adds: number;
  /** Of them, those that had failed before. */
  readonly retries: number;
}

/** What the runtime reports about itself. */
export interface RuntimeMetrics {
  queue(controller: string, read: () => QueueReading): void;
  queueWaited(controller: string, seconds: number): void;
  reconciled(controller: string, result: ReconcileResult, seconds: number): void;
}

export const noMetrics: RuntimeMetrics = {
  queue: () => {},
  queueWaited: () => {},
  reconciled: () => {},
};

/** controller-runtime's words. */
const resultLabels: Readonly<Record<ReconcileResult, string>> = {
  done: 'success',
  requeueAfter: 'requeue_after',
  error: 'error',
  terminalError: 'error',
};

/**
 * Metrics in a registry of the caller's, under client-go's and controller-runtime's names, since they mean the same.
 * prom-client is handed in, because programs without metrics should not load it:
 * `prometheusMetrics(await import('prom-client'), registry)`.
 */
export function prometheusMetrics(prom: typeof prometheus, registry: prometheus.Registry): RuntimeMetrics {
  const registers = [registry];
  const queues = new Map<string, () => QueueReading>();
  for (const { name, help, label, kind, of } of queueMetrics) {
    const Metric = kind === 'counter' ? prom.Counter : prom.Gauge;
    const metric = new Metric({
      name,
      help,
      labelNames: [label],
      registers,
      collect: () => {
        metric.reset();
        for (const [controller, read] of queues) metric.inc({ [label]: controller }, read()[of]);
      },
    });
  }
  const waits = new prom.Histogram({
    name: 'workqueue_queue_duration_seconds',
    help: 'How long keys waited for a worker',
    labelNames: ['name'],
    buckets: [0.001, 0.01, 0.1, 1, 10, 60],
    registers,
  });
  const durations = new prom.Histogram({
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'How long reconciles took',
    labelNames: ['controller'],
    buckets: [0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60],
    registers,
  });
  const totals = new prom.Counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Reconciles by result',
    labelNames: ['controller', 'result'],
    registers,
  });
  const terminal = new prom.Counter({
    name: 'controller_runtime_terminal_reconcile_errors_total',
    help: 'Reconciles that failed for good and are not tried again',
    labelNames: ['controller'],
    registers,
  });
  return {
    queue: (controller, read) => {
      queues.set(controller, read);
      // A series that begins at its first error cannot be told from one that was lost.
      for (const result of Object.values(resultLabels)) totals.inc({ controller, result }, 0);
      terminal.inc({ controller }, 0);
    },
    queueWaited: (controller, seconds) => waits.observe({ name: controller }, seconds),
    reconciled: (controller, result, seconds) => {
      totals.inc({ controller, result: resultLabels[result] });
      if (result === 'terminalError') terminal.inc({ controller });
      durations.observe({ controller }, seconds);
    },
  };
}

const queueMetrics = [
  { name: 'workqueue_depth', help: 'Keys that wait for a worker', label: 'name', kind: 'gauge', of: 'depth' },
  { name: 'workqueue_adds_total', help: 'Keys put in', label: 'name', kind: 'counter', of: 'adds' },
  {
    name: 'workqueue_retries_total',
    help: 'Keys put in again after a failure',
    label: 'name',
    kind: 'counter',
    of: 'retries',
  },
  {
    name: 'controller_runtime_active_workers',
    help: 'Reconciles that run',
    label: 'controller',
    kind: 'gauge',
    of: 'active',
  },
] as const;
