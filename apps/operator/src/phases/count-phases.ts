import type { WorkspaceStatus } from '@kaito-ts/api-types';
import type { Logger } from '@kaito-ts/kube-runtime';
import type { Writer } from '../cluster/apply.ts';
import type { WorkspaceObject } from '../plan/observation.ts';
import type { PhaseDuration } from './phase-durations.ts';
import { conditionTypes } from '@kaito-ts/api-types';
import { keyOf } from '@kaito-ts/kube-runtime';

export interface PhasedRevision {
  readonly revision: string;
  readonly durations: readonly PhaseDuration[];
}

export interface CountPhasesParts {
  /** How the revision that is ready now came to be so; undefined for a workload that is not ours. */
  readonly measure: (key: string) => PhasedRevision | undefined;
  readonly observe: (duration: PhaseDuration) => void;
  /** Calls back with the key of each Workspace that is gone. */
  readonly onDeleted: (forget: (key: string) => void) => void;
  readonly logger: Logger;
}

/**
 * The same writer, which also counts what each revision took, at the moment when it has told the Workspace that it is
 * ready. That is told once, by whoever leads: neither a restart nor another leader counts again what is stored already.
 * A revision that loses its pods and comes back is not counted again while this process runs.
 */
export function countPhases(writer: Writer, parts: CountPhasesParts): Writer {
  const { measure, observe, onDeleted, logger } = parts;
  const counted = new Map<string, string>();
  onDeleted((key) => counted.delete(key));
  return {
    step: (workspace, step, signal) => writer.step(workspace, step, signal),
    status: async (workspace, status, signal) => {
      const written = await writer.status(workspace, status, signal);
      const key = keyOf(workspace);
      if (!written || !becameReady(workspace, status)) return written;
      const measured = measure(key);
      if (measured === undefined || counted.get(key) === measured.revision) return written;
      counted.set(key, measured.revision);
      for (const duration of measured.durations) observe(duration);
      const seconds = Object.fromEntries(measured.durations.map((each) => [each.phase, each.seconds]));
      logger.info({ workspace: key, revision: measured.revision, seconds }, 'a revision answers');
      return written;
    },
  };
}

function becameReady(before: WorkspaceObject, after: WorkspaceStatus): boolean {
  return isReady(after) && !isReady(before.status as WorkspaceStatus | undefined);
}

function isReady(status: WorkspaceStatus | undefined): boolean {
  const whole = status?.conditions?.find(({ type }) => type === conditionTypes.workspaceSucceeded);
  return whole?.status === 'True';
}
