import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** One process that this agent started: enough to find it again after the agent was killed. */
export interface ProcessRecord {
  readonly containerId: string;
  readonly pod: string;
  readonly container: string;
  readonly marker: string;
  readonly pid: number;
  readonly startTime: string;
  readonly bootId: string;
}

const recordSchema: z.ZodType<ProcessRecord> = z.object({
  containerId: z.string(),
  pod: z.string(),
  container: z.string(),
  marker: z.string(),
  pid: z.int().positive(),
  startTime: z.string(),
  bootId: z.string(),
});

/** Records on disk, one file each. Writes are synchronous, so that a started process is never unknown to the disk. */
export interface ProcessLedger {
  add(record: ProcessRecord): void;
  remove(containerId: string): void;
  list(): readonly ProcessRecord[];
}

export function openProcessLedger(directory: string): ProcessLedger {
  mkdirSync(directory, { recursive: true });
  const file = (containerId: string): string => join(directory, `${containerId}.json`);
  return {
    add(record) {
      writeFileSync(`${file(record.containerId)}.tmp`, JSON.stringify(record));
      renameSync(`${file(record.containerId)}.tmp`, file(record.containerId));
    },
    remove: (containerId) => rmSync(file(containerId), { force: true }),
    list: () =>
      readdirSync(directory)
        .filter((name) => name.endsWith('.json'))
        .flatMap((name) => {
          const parsed = recordSchema.safeParse(parseJson(readFileSync(join(directory, name), 'utf8')));
          return parsed.success ? [parsed.data] : [];
        }),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
