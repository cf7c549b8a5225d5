import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessTable } from '../process/process-table.ts';

/** Thrown when another living agent uses the state folder. */
export class StateInUseError extends Error {
  override readonly name = 'StateInUseError';
}

export interface AgentState {
  /** Stays with the folder: every process of this agent, over all its lives, carries it. */
  readonly agentId: string;
  release(): void;
}

/** Takes the state folder for this process; the lock of an agent that was killed is taken over. */
export function claimState(directory: string, table: ProcessTable): AgentState {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const lockFile = join(directory, 'agent.lock');
  const holder = parseHolder(readOrUndefined(lockFile));
  if (
    holder !== undefined &&
    holder.pid !== process.pid &&
    table.find(holder.pid)?.startTime === holder.startTime
  ) {
    throw new StateInUseError(
      `${directory} is used by the node agent with pid ${holder.pid}; next: stop it, or give another --state`,
    );
  }
  const startTime = table.find(process.pid)?.startTime ?? 'unknown';
  writeFileSync(lockFile, JSON.stringify({ pid: process.pid, startTime }));
  const idFile = join(directory, 'agent-id');
  const agentId = readOrUndefined(idFile)?.trim() ?? randomUUID();
  writeFileSync(idFile, `${agentId}\n`);
  return { agentId, release: () => rmSync(lockFile, { force: true }) };
}

function parseHolder(
  text: string | undefined,
): { readonly pid: number; readonly startTime: string } | undefined {
  try {
    const value = JSON.parse(text ?? '') as { pid?: unknown; startTime?: unknown };
    if (typeof value.pid !== 'number' || typeof value.startTime !== 'string') return undefined;
    return { pid: value.pid, startTime: value.startTime };
  } catch {
    return undefined;
  }
}

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
