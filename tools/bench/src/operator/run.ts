import { availableParallelism } from 'node:os';
import { AuditLog } from './audit-log.ts';
import { connect } from './connection.ts';
import { ensureNamespace, workspaceKind } from './fleet.ts';
import { measureIdle, measureRestart, measureStage, type Bench, type StageResult } from './measure.ts';
import { observe } from './observer.ts';
import type { OperatorProcess } from './operator-process.ts';
import type { Report } from './report.ts';

export interface RunOptions {
  readonly kubeconfigPath: string;
  readonly counts: readonly number[];
  readonly preset: string;
  readonly nodeLabels: Readonly<Record<string, string>>;
  readonly namespace: string;
  readonly auditLogPath: string | undefined;
  readonly userAgent: string;
  readonly operator: OperatorProcess | undefined;
  readonly clusterDirectory?: string;
  readonly restart: boolean;
  readonly idleSeconds: number;
  /** Leave the Workspaces where they are. */
  readonly keep: boolean;
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

/** All stages on one cluster, one after the other; what earlier ones made stays while later ones run. */
export async function runBench(options: RunOptions): Promise<Report> {
  const { kubeconfigPath, counts, namespace, operator, signal, progress } = options;
  const { client, close } = await connect(kubeconfigPath);
  try {
    await ensureNamespace(client, namespace);
    const observer = await observe(client, namespace);
    const audit =
      options.auditLogPath === undefined
        ? undefined
        : await AuditLog.from(options.auditLogPath, options.userAgent);
    const fleet = { client, namespace, preset: options.preset, nodeLabels: options.nodeLabels };
    const { clusterDirectory } = options;
    const bench: Bench = { fleet, observer, audit, operator, clusterDirectory, signal };
    // Names that an earlier run has not used.
    const run = Date.now().toString(36);
    try {
      const stages: StageResult[] = [];
      for (const count of counts) {
        progress(`${count} Workspace(s) …`);
        stages.push(await measureStage(bench, `bench-${run}-${count}`, count));
      }
      progress(`idle for ${options.idleSeconds} s …`);
      const idle = await measureIdle(bench, options.idleSeconds);
      if (options.restart) progress('restart …');
      const restart =
        options.restart && operator !== undefined ? await measureRestart(bench, operator) : undefined;
      return { cores: availableParallelism(), stages, idle, restart };
    } finally {
      await observer.stop();
      if (!options.keep)
        for (const name of observer.running)
          if (name.startsWith(`bench-${run}-`)) await client.delete(workspaceKind, { name, namespace });
    }
  } finally {
    await close();
  }
}
