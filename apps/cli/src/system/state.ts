import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { CommandError } from '../command-error.ts';

/** Where a local system keeps what it needs; everything lies under one folder that can be deleted when nothing runs. */
export interface SystemLayout {
  readonly root: string;
  readonly cluster: string;
  readonly node: string;
  readonly images: string;
  /** Acts as the launcher image's root folder; the launcher lies in `launcher/` in it. */
  readonly launcherRoot: string;
  readonly programs: string;
  readonly logs: string;
  readonly record: string;
}

export function systemLayout(root: string): SystemLayout {
  return {
    root,
    cluster: join(root, 'cluster'),
    node: join(root, 'node'),
    images: join(root, 'images'),
    launcherRoot: join(root, 'launcher-image'),
    programs: join(root, 'programs.json'),
    logs: join(root, 'logs'),
    record: join(root, 'system.json'),
  };
}

/** `$XDG_STATE_HOME/kaito`, else `~/.local/state/kaito`, as the XDG base directory specification says. */
export function defaultStateRoot(environment: Readonly<Record<string, string | undefined>>): string {
  const base = environment['XDG_STATE_HOME'] ?? join(environment['HOME'] ?? '.', '.local/state');
  return join(base, 'kaito');
}

export interface RecordedProcess {
  readonly name: string;
  readonly pid: number;
  readonly startTime: string;
  readonly log: string;
}

/** What runs: written by `kaito up`, read by `kaito status --system` and by the next `kaito up`. */
export interface SystemRecord {
  /** Of the supervisor. */
  readonly pid: number;
  readonly startTime: string;
  readonly kubeconfig: string;
  readonly processes: readonly RecordedProcess[];
  /** `namespace/workspace` → URL. */
  readonly endpoints: Readonly<Record<string, string>>;
}

const SystemRecordSchema: z.ZodType<SystemRecord> = z.object({
  pid: z.int(),
  startTime: z.string(),
  kubeconfig: z.string(),
  processes: z.array(z.object({ name: z.string(), pid: z.int(), startTime: z.string(), log: z.string() })),
  endpoints: z.record(z.string(), z.string()),
});

export async function writeSystemRecord(layout: SystemLayout, record: SystemRecord): Promise<void> {
  await mkdir(layout.root, { recursive: true });
  const temporary = `${layout.record}.tmp`;
  await writeFile(temporary, `${JSON.stringify(record, null, 2)}\n`);
  await rename(temporary, layout.record);
}

/** The record of the last system started here; undefined when there never was one. */
export async function readSystemRecord(layout: SystemLayout): Promise<SystemRecord | undefined> {
  let text: string;
  try {
    text = await readFile(layout.record, 'utf8');
  } catch {
    return undefined;
  }
  try {
    return SystemRecordSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new CommandError({
      code: 'STATE_UNREADABLE',
      message: `${layout.record} is not a system record`,
      next: `delete ${layout.root} if no kaito system runs from it`,
      cause,
    });
  }
}
