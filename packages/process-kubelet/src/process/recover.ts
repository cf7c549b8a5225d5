import { endContainer, killMembers } from './end-processes.ts';
import type { ProcessLedger, ProcessRecord } from './ledger.ts';
import { markedProcesses } from './members.ts';
import type { ProcessTable } from './process-table.ts';

/** Leftovers have lost their log pipes and their agent; they are asked to leave, but not for long. */
const leftoverGraceMilliseconds = 3000;

/**
 * Ends what an earlier run of this agent left running: everything recorded (same pid, start time and boot), then
 * whatever carries its marker but was killed off before it could be recorded. Returns the records found.
 */
export async function endLeftovers(
  ledger: ProcessLedger,
  table: ProcessTable,
  markerPrefix: string,
): Promise<readonly ProcessRecord[]> {
  const records = ledger.list();
  const deadline = performance.now() + leftoverGraceMilliseconds;
  await Promise.all(
    records
      .filter(({ bootId }) => bootId === table.bootId)
      .map(async (record) => endContainer(record, { table, deadline: () => deadline })),
  );
  await killMembers(() => markedProcesses(markerPrefix, table));
  for (const { containerId } of records) ledger.remove(containerId);
  return records;
}
