import type { AuditLog, Calls } from './audit-log.ts';
import { setTimeout as wait } from 'node:timers/promises';
import { countCalls, isWrite, targetOf } from './audit-log.ts';
import { createFleet, type FleetOptions } from './fleet.ts';
import { readClusterUsage, usedBetween, type ClusterUsage } from './cluster-usage.ts';
import { within, type Observer } from './observer.ts';
import type { OperatorProcess } from './operator-process.ts';
import { meterUsage, readUsage, type Usage } from './process-usage.ts';

export interface Bench {
  readonly fleet: FleetOptions;
  readonly observer: Observer;
  /** Undefined: calls are not counted. */
  readonly audit: AuditLog | undefined;
  /** Undefined: CPU and memory are not measured. */
  readonly operator: OperatorProcess | undefined;
  /** Of the cluster's files; undefined: only the operator's CPU is measured. */
  readonly clusterDirectory: string | undefined;
  readonly signal: AbortSignal;
}

export interface StageResult {
  /** At once. */
  readonly workspaces: number;
  /** How often, one after the other: a single Workspace is soon made, and one alone would be a matter of luck. */
  readonly rounds: number;
  /** From sending the Workspace to seeing its workload. */
  readonly p50Milliseconds: number;
  readonly p99Milliseconds: number;
  /** From the first Workspace sent to the last workload seen. */
  readonly perSecond: number;
  readonly secondsToRunning: number;
  /** Of all programs of the cluster until the last workload was seen, in all rounds. */
  readonly clusterUsage: ClusterUsage | undefined;
  /** The CPU of all rounds. */
  readonly usage: Usage | undefined;
  readonly calls: Calls | undefined;
}

export interface QuietResult {
  readonly seconds: number;
  readonly usage: Usage | undefined;
  readonly calls: Calls | undefined;
}

export interface RestartResult extends QuietResult {
  readonly workspaces: number;
  readonly readyMilliseconds: number | undefined;
  /** The most memory that the new process has held. */
  readonly peakMebibytes: number | undefined;
}

/** Slower than upstream by far would still be measured. */
const LONGEST_STANDSTILL_MILLISECONDS = 60_000;
const QUIET_MILLISECONDS = 3_000;
const ROUNDS_OF_ONE = 9;
/** For what the last one still sets in motion: the next one should meet an operator at rest. */
const BETWEEN_ROUNDS_MILLISECONDS = 500;
const LONGEST_UNREST_MILLISECONDS = 60_000;

/** Creates Workspaces at once and follows them until their pods run and the operator has said so. */
export async function measureStage(bench: Bench, prefix: string, workspaces: number): Promise<StageResult> {
  const { operator, audit, signal } = bench;
  await audit?.take();
  const meter = await meterUsage(operator?.pid);
  const rounds: Round[] = [];
  for (let round = 0; round < (workspaces === 1 ? ROUNDS_OF_ONE : 1); round++) {
    if (round > 0) await wait(BETWEEN_ROUNDS_MILLISECONDS, undefined, { signal });
    rounds.push(await measureRound(bench, `${prefix}-${round}`, workspaces));
  }
  const calls = await untilQuiet(bench);
  const usage = await meter.stop();
  const latencies = rounds.flatMap(({ latencies: those }) => those).toSorted((left, right) => left - right);
  const milliseconds = rounds.reduce((sum, round) => sum + round.milliseconds, 0);
  return {
    workspaces,
    rounds: rounds.length,
    clusterUsage: bench.clusterDirectory === undefined ? undefined : totalOf(rounds.map(({ used }) => used)),
    p50Milliseconds: quantile(latencies, 0.5),
    p99Milliseconds: quantile(latencies, 0.99),
    perSecond: (latencies.length * 1000) / milliseconds,
    secondsToRunning: rounds.reduce((sum, round) => sum + round.secondsToRunning, 0) / rounds.length,
    usage,
    calls,
  };
}

interface Round {
  /** In the order of creation. */
  readonly latencies: readonly number[];
  /** From the first Workspace sent to the last workload seen. */
  readonly milliseconds: number;
  readonly secondsToRunning: number;
  readonly used: ClusterUsage;
}

function totalOf(usages: readonly ClusterUsage[]): ClusterUsage {
  const all: Record<string, number> = {};
  for (const usage of usages)
    for (const [name, seconds] of Object.entries(usage)) all[name] = (all[name] ?? 0) + seconds;
  return all;
}

async function measureRound(
  { fleet, observer, signal, clusterDirectory }: Bench,
  prefix: string,
  workspaces: number,
): Promise<Round> {
  const names = Array.from({ length: workspaces }, (_, index) => `${prefix}-${index}`);
  const usage = async (): Promise<ClusterUsage> =>
    clusterDirectory === undefined ? {} : readClusterUsage(clusterDirectory);
  const before = await usage();
  const begun = performance.now();
  const sentAt = await createFleet(fleet, names);
  await untilAll(names, { what: 'have a workload', found: observer.workloadSeenAt, signal });
  const used = usedBetween(before, await usage());
  await untilAll(names, { what: 'have a running pod', found: observer.running, signal });
  const secondsToRunning = (performance.now() - begun) / 1000;
  const seenAt = names.map((name) => observer.workloadSeenAt.get(name) ?? 0);
  return {
    latencies: names.map((name, index) => (seenAt[index] ?? 0) - (sentAt.get(name) ?? 0)),
    milliseconds: Math.max(...seenAt) - begun,
    secondsToRunning,
    used,
  };
}

interface Awaited {
  readonly what: string;
  readonly found: { has(name: string): boolean };
  readonly signal: AbortSignal;
}

/** Waits for as long as there is progress. */
async function untilAll(names: readonly string[], { what, found, signal }: Awaited): Promise<void> {
  for (let before = -1; ;) {
    const without = names.filter((name) => !found.has(name));
    if (without.length === 0) return;
    if (without.length === before)
      throw new Error(
        `${without.length} of ${names.length} Workspaces do not ${what}, such as ${without[0]}: no progress for ${LONGEST_STANDSTILL_MILLISECONDS / 1000} s`,
      );
    before = without.length;
    await within(LONGEST_STANDSTILL_MILLISECONDS, () => names.every((name) => found.has(name)), signal);
  }
}

/** All is as it should be: what does the operator do? */
export async function measureIdle({ operator, audit, signal }: Bench, seconds: number): Promise<QuietResult> {
  await audit?.take();
  const meter = await meterUsage(operator?.pid);
  await wait(seconds * 1000, undefined, { signal });
  const entries = await audit?.take();
  return { seconds, usage: await meter.stop(), calls: entries && countCalls(entries) };
}

/** The operator starts anew over Workspaces that are all served. */
export async function measureRestart(bench: Bench, operator: OperatorProcess): Promise<RestartResult> {
  await bench.audit?.take();
  const begun = performance.now();
  await operator.restart();
  const calls = await untilQuiet(bench);
  const usage = await readUsage(operator.pid);
  return {
    workspaces: bench.observer.running.size,
    seconds: (performance.now() - begun) / 1000,
    usage,
    peakMebibytes: usage?.peakMebibytes,
    calls,
    readyMilliseconds: operator.readyMilliseconds,
  };
}

/** Waits until the operator has written nothing for a while; returns all calls since the audit log was last read. */
async function untilQuiet({ audit, signal }: Bench): Promise<Calls | undefined> {
  if (audit === undefined) {
    await wait(QUIET_MILLISECONDS, undefined, { signal });
    return undefined;
  }
  const entries = [...(await audit.take())];
  const end = performance.now() + LONGEST_UNREST_MILLISECONDS;
  for (let quietSince = performance.now(); performance.now() - quietSince < QUIET_MILLISECONDS;) {
    if (performance.now() > end) break;
    await wait(200, undefined, { signal });
    const more = await audit.take();
    entries.push(...more);
    if (more.some((entry) => isWrite(entry) && targetOf(entry) !== 'leases')) quietSince = performance.now();
  }
  return countCalls(entries);
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
