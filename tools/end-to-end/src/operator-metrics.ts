import type { NodeEngine } from './node.ts';
import { patienceSeconds, until } from './until.ts';

/** Name and type of what /metrics serves, as docs/operations.md has them. */
export const promisedMetrics: readonly string[] = [
  'kaito_workspace_count gauge',
  'kaito_workspace_preset_count gauge',
  'kaito_workspace_phase_seconds histogram',
  'workqueue_depth gauge',
  'workqueue_adds_total counter',
  'workqueue_retries_total counter',
  'workqueue_queue_duration_seconds histogram',
  'controller_runtime_reconcile_total counter',
  'controller_runtime_reconcile_time_seconds histogram',
  'controller_runtime_active_workers gauge',
  'rest_client_requests_total counter',
  'rest_client_request_duration_seconds histogram',
  'reflector_lists_total counter',
  'reflector_watches_total counter',
  'reflector_failures_total counter',
  'kaito_cache_objects gauge',
  'kaito_cache_synced gauge',
  'leader_election_master_status gauge',
  'kaito_admission_duration_seconds histogram',
  'kaito_webhook_certificate_expiry_timestamp_seconds gauge',
  'process_resident_memory_bytes gauge',
];

/** A revision is counted a moment after its Workspace was told that it is ready. */
export async function expectRevisionsCounted(
  engine: NodeEngine,
  what: string,
  holds: (count: number) => boolean,
): Promise<void> {
  let last: unknown;
  await until(
    patienceSeconds,
    () => `${what}; last seen: ${String(last)}`,
    async () => {
      last = await revisionsCounted(engine).catch((error: unknown) => error);
      return typeof last === 'number' && holds(last);
    },
  );
}

/** How many ways to a first answer the operators that run now have counted together. */
export async function revisionsCounted({ operator }: NodeEngine): Promise<number> {
  const counts = (await operator.pods())
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(async ({ status }) => {
      const text = await (await fetch(`http://${status?.podIP}:8080/metrics`)).text();
      return Number(
        /^kaito_workspace_phase_seconds_count\{phase="first_answer"\} (\d+)$/m.exec(text)?.[1] ?? 0,
      );
    });
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}
