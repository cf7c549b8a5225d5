import type { Probe } from './kubernetes.ts';
import { servingPort } from './layout.ts';

/** The launcher answers cheaply, and one second is what a newcomer waits longer for than needed. */
const startupPeriodSeconds = 1;

export interface ServingProbes {
  readonly startupProbe: Probe;
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
}

export function servingProbes(budgetSeconds: number): ServingProbes {
  return {
    startupProbe: {
      ...get('/startupz'),
      periodSeconds: startupPeriodSeconds,
      failureThreshold: Math.max(1, Math.ceil(budgetSeconds / startupPeriodSeconds)),
    },
    readinessProbe: { ...get('/readyz'), periodSeconds: 2, failureThreshold: 3 },
    livenessProbe: { ...get('/livez'), periodSeconds: 10, failureThreshold: 3 },
  };
}

function get(path: string): Probe {
  return { httpGet: { path, port: servingPort }, timeoutSeconds: 5 };
}

const minimumBudgetSeconds = 30 * 60;
const maximumBudgetSeconds = 180 * 60;
const gibibyte = 1024 ** 3;

/** Upstream's budget: 15 minutes and 18 s per GiB of weights, between half an hour and three. */
export function startupBudgetSeconds(weightBytes: number | undefined): number {
  const wanted = 15 * 60 + 18 * ((weightBytes ?? 0) / gibibyte);
  return Math.round(Math.min(maximumBudgetSeconds, Math.max(minimumBudgetSeconds, wanted)));
}
