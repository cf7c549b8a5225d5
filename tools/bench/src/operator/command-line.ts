import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { bringUp } from './bring-up.ts';
import { adoptProcess } from './operator-process.ts';
import { upstream } from './peer.ts';
import { renderReport, type Report } from './report.ts';
import { runBench, type RunOptions } from './run.ts';

export interface Surroundings {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly env: NodeJS.ProcessEnv;
  /** This repository's operator, for --up. */
  readonly operatorProgram: string;
  readonly signal: AbortSignal;
}

interface Flags {
  readonly kubeconfig?: string;
  readonly up?: true;
  readonly workspaces: readonly number[];
  readonly pid?: number;
  readonly restart?: true;
  readonly userAgent: string;
  readonly auditLog?: string;
  readonly preset: string;
  readonly nodeLabels: Readonly<Record<string, string>>;
  readonly namespace: string;
  readonly idleSeconds: number;
  readonly keep?: true;
  readonly output: 'table' | 'json';
  readonly nodeArgument?: readonly string[];
}

export function createProgram(surroundings: Surroundings): Command {
  return new Command('bench operator')
    .description(
      'How fast an operator turns Workspaces into workloads, and what it costs. Any operator that serves the CRD.',
    )
    .option('--kubeconfig <file>', 'a cluster with an operator on it')
    .addOption(
      new Option(
        '--up',
        'bring up a real control plane with kwok nodes and this repository’s operator',
      ).conflicts(['kubeconfig', 'pid']),
    )
    .option('--workspaces <counts>', 'how many at once, stage by stage', countList, [1, 100, 1000])
    .option('--pid <pid>', 'the operator’s process on this machine: measures CPU and memory', count)
    .option('--restart', 'with --pid: end that process and start it again with the same command line')
    .option('--user-agent <beginning>', 'the operator’s user agent in the audit log', 'kaito-operator')
    .option(
      '--audit-log <file>',
      'the API server’s audit log (default: audit.log beside the kubeconfig, where tools/real-cluster has it)',
    )
    .option('--preset <name>', 'the model of every Workspace', 'phi-4-mini-instruct')
    .option('--node-labels <key=value,...>', 'labels of the nodes to use', labelMap, { apps: 'gpu-test' })
    .option('--namespace <name>', 'where the Workspaces go', 'kaito-bench')
    .option('--idle-seconds <seconds>', 'how long to look at an idle operator', count, 30)
    .option('--keep', 'leave the Workspaces there')
    .option('--node-argument <argument...>', 'with --up: for the operator’s node, such as --cpu-prof')
    .addOption(
      new Option('-o, --output <format>', 'form of the result').choices(['table', 'json']).default('table'),
    )
    .action(async (flags: Flags) => {
      const report = await run(flags, surroundings);
      surroundings.stdout(
        flags.output === 'json'
          ? JSON.stringify({ ...report, peer: upstream }, undefined, 2)
          : renderReport(report, upstream),
      );
    });
}

async function run(flags: Flags, surroundings: Surroundings): Promise<Report> {
  const { env, operatorProgram, stderr: progress, signal } = surroundings;
  const common = { ...flags, counts: flags.workspaces, signal, progress };
  if (flags.up === true) {
    await using own = await bringUp({ operatorProgram, env, progress, nodeArgs: flags.nodeArgument ?? [] });
    const { kubeconfigPath, auditLogPath, directory: clusterDirectory } = own.cluster;
    const { operator } = own;
    const cluster = { kubeconfigPath, auditLogPath, clusterDirectory, operator };
    return await runBench({ ...common, ...cluster, restart: true, keep: true });
  }
  const { kubeconfig, pid } = flags;
  if (kubeconfig === undefined) throw new Error('give --kubeconfig FILE, or --up');
  const beside = join(dirname(kubeconfig), 'audit.log');
  const options: RunOptions = {
    ...common,
    kubeconfigPath: kubeconfig,
    auditLogPath: flags.auditLog ?? (existsSync(beside) ? beside : undefined),
    operator: pid === undefined ? undefined : adoptProcess(pid),
    restart: flags.restart === true,
    keep: flags.keep === true,
  };
  return runBench(options);
}

function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('it is no whole number above 0');
}

function countList(text: string): readonly number[] {
  return text.split(',').map(count);
}

function labelMap(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    text.split(',').map((entry) => {
      const [key = '', value = ''] = entry.split('=', 2);
      if (key === '') throw new InvalidArgumentError(`"${entry}" is not key=value`);
      return [key, value] as const;
    }),
  );
}
