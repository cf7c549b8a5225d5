import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Phase } from '../state/machine.ts';
import { readText, type RuntimeClient } from './runtime-client.ts';

const phases: readonly Phase[] = [
  'config',
  'adapters',
  'starting',
  'loading',
  'canary',
  'ready',
  'draining',
  'failed',
];

/** The launcher's own families, all under `launcher_` so that they never meet one of the runtime's. */
export interface Metrics {
  observePhase(phase: Phase): void;
  observeRequest(observation: { route: string; outcome: string; status: number; seconds: number }): void;
  /** Own families, then the runtime's text unparsed, labels intact. */
  render(runtime: RuntimeMetricsSource | undefined): Promise<string>;
  readonly contentType: string;
}

interface RuntimeMetricsSource {
  readonly client: RuntimeClient;
  readonly path: string;
}

const scrapeTimeoutMilliseconds = 5000;

export function createMetrics(inFlight: () => number): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const phase = new Gauge({
    name: 'launcher_phase',
    help: '1 for the phase that the launcher is in',
    labelNames: ['phase'],
    registers,
  });
  const requests = new Counter({
    name: 'launcher_requests_total',
    help: 'requests passed to the runtime, by how they ended',
    labelNames: ['route', 'outcome', 'status'],
    registers,
  });
  const duration = new Histogram({
    name: 'launcher_request_duration_seconds',
    help: 'from the first byte of the request to the last of the answer',
    labelNames: ['route'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300],
    registers,
  });
  const requestsInFlight = new Gauge({
    name: 'launcher_requests_in_flight',
    help: 'requests that the runtime is answering',
    registers,
  });
  const memory = new Gauge({
    name: 'launcher_resident_memory_bytes',
    help: 'resident memory of the launcher itself',
    registers,
  });
  const scrapeOk = new Gauge({
    name: 'launcher_upstream_scrape_ok',
    help: '1 when the runtime’s own metrics are in this document',
    registers,
  });
  for (const name of phases) phase.set({ phase: name }, 0);

  return {
    contentType: registry.contentType,
    observePhase(current) {
      for (const name of phases) phase.set({ phase: name }, name === current ? 1 : 0);
    },
    observeRequest({ route, outcome, status, seconds }) {
      requests.inc({ route, outcome, status: String(status) });
      duration.observe({ route }, seconds);
    },
    async render(runtime) {
      const text = runtime === undefined ? undefined : await scrape(runtime);
      requestsInFlight.set(inFlight());
      memory.set(process.memoryUsage.rss());
      scrapeOk.set(text === undefined ? 0 : 1);
      return `${await registry.metrics()}\n${text ?? ''}`;
    },
  };
}

/** A runtime that cannot be scraped must not take the launcher's own metrics with it. */
async function scrape({ client, path }: RuntimeMetricsSource): Promise<string | undefined> {
  try {
    const answer = await client({
      method: 'GET',
      path,
      headers: { accept: 'text/plain;version=0.0.4' },
      signal: AbortSignal.timeout(scrapeTimeoutMilliseconds),
    });
    const text = await readText(answer);
    const isText = (answer.headers['content-type'] ?? '').startsWith('text/plain');
    // OpenMetrics ends with this line, which must not stand in the middle of a document.
    return answer.statusCode === 200 && isText ? text.replace(/^# EOF\n?/mu, '') : undefined;
  } catch {
    return undefined;
  }
}
