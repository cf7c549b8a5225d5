import type { QuietResult, RestartResult, StageResult } from './measure.ts';
import type { Peer, PeerStage } from './peer.ts';

export interface Report {
  readonly cores: number;
  readonly stages: readonly StageResult[];
  readonly idle: QuietResult;
  readonly restart: RestartResult | undefined;
}

/** For people: a table with the peer's figures and how many times better (or worse) they are. */
export function renderReport(report: Report, peer: Peer): string {
  const rows = report.stages.flatMap((stage) => stageRows(stage, peer));
  return [
    `${report.cores} cores. Peer: ${peer.name}.`,
    '',
    ...renderTable(
      ['Workspaces', 'p50', 'p99', 'rate', 'pods run', 'CPU', 'RSS', 'reads', 'writes', 'events'],
      rows,
    ),
    '',
    'One Workspace is measured several times, one after the other; its p99 is the slowest.',
    'Reads and writes are per Workspace, until its pods run and the status says so; watches, Leases and Events are no part of them.',
    ...report.stages.flatMap(renderTargets),
    ...report.stages.flatMap(renderClusterUsage),
    renderIdle(report.idle),
    ...(report.restart === undefined ? [] : [renderRestart(report.restart, peer)]),
    '',
    ...renderGoals(report),
  ].join('\n');
}

function stageRows(stage: StageResult, peer: Peer): string[][] {
  const { workspaces, rounds, usage, calls } = stage;
  const total = workspaces * rounds;
  const measured = {
    workspaces,
    p50Milliseconds: stage.p50Milliseconds,
    p99Milliseconds: stage.p99Milliseconds,
    perSecond: stage.perSecond,
    ...(usage !== undefined && { ...usage, cpuSeconds: usage.cpuSeconds / rounds }),
    ...(calls !== undefined && { writesPerWorkspace: calls.writes / total }),
  };
  const row = figures(measured);
  row.splice(4, 0, seconds(stage.secondsToRunning * 1000));
  row.splice(7, 0, calls === undefined ? '' : perWorkspace(calls.reads / total));
  row.push(calls === undefined ? '' : perWorkspace(calls.eventWrites / total));
  const known = peer.stages.find((candidate) => candidate.workspaces === workspaces);
  if (known === undefined) return [row];
  const theirs = figures(known);
  const ratio = ratios(measured, known);
  for (const cells of [theirs, ratio]) {
    cells.splice(4, 0, '');
    cells.splice(7, 0, '');
    cells.push('');
  }
  return [row, ['  peer', ...theirs.slice(1)], ['  ratio', ...ratio.slice(1)]];
}

function figures(stage: PeerStage): string[] {
  const { workspaces, p50Milliseconds, p99Milliseconds, perSecond, cpuSeconds } = stage;
  return [
    String(workspaces),
    seconds(p50Milliseconds),
    seconds(p99Milliseconds),
    workspaces === 1 || perSecond === undefined ? '' : `${perSecond.toFixed(1)}/s`,
    cpuSeconds === undefined ? '' : `${cpuSeconds.toFixed(2)} s`,
    stage.residentMebibytes === undefined ? '' : `${stage.residentMebibytes.toFixed(0)} MiB`,
    stage.writesPerWorkspace === undefined ? '' : perWorkspace(stage.writesPerWorkspace),
  ];
}

/** Above 1 is better than the peer. */
function ratios(own: PeerStage, peer: PeerStage): string[] {
  return [
    '',
    times(own.p50Milliseconds, peer.p50Milliseconds),
    times(own.p99Milliseconds, peer.p99Milliseconds),
    times(peer.perSecond, own.perSecond),
    times(own.cpuSeconds, peer.cpuSeconds),
    times(own.residentMebibytes, peer.residentMebibytes),
    times(own.writesPerWorkspace, peer.writesPerWorkspace),
  ];
}

function times(value: number | undefined, reference: number | undefined): string {
  if (value === undefined || reference === undefined || value === 0) return '';
  return `${trim(reference / value)}×`;
}

function renderTargets({ workspaces, rounds, calls }: StageResult): string[] {
  if (calls === undefined) return [];
  const total = workspaces * rounds;
  const targets = Object.entries(calls.writesByTarget).toSorted(([, left], [, right]) => right - left);
  return [
    `${workspaces}: ${targets.map(([target, count]) => `${target} ${perWorkspace(count / total)}`).join(', ')}`,
  ];
}

/** Where the processor's time went; with few Workspaces it is too little to be told apart. */
function renderClusterUsage({ workspaces, rounds, clusterUsage = {} }: StageResult): string[] {
  const programs = Object.entries(clusterUsage).toSorted(([, left], [, right]) => right - left);
  const total = programs.reduce((all, [, cpuSeconds]) => all + cpuSeconds, 0);
  if (workspaces < 100 || total === 0) return [];
  const perOne = ((total * 1000) / workspaces / rounds).toFixed(1);
  const parts = programs.map(([name, cpuSeconds]) => `${name} ${cpuSeconds.toFixed(1)} s`).join(', ');
  return [`${workspaces}: all programs used ${perOne} ms of CPU per Workspace until its workload: ${parts}`];
}

function renderIdle({ seconds: duration, usage, calls }: QuietResult): string {
  return `Idle for ${duration} s: ${describe(usage?.cpuSeconds, calls)}`;
}

function renderRestart(
  { workspaces, usage, calls, readyMilliseconds, peakMebibytes }: RestartResult,
  peer: Peer,
): string {
  const ready = readyMilliseconds === undefined ? '' : `ready after ${seconds(readyMilliseconds)}; `;
  const memory =
    usage === undefined
      ? ''
      : `; ${usage.residentMebibytes.toFixed(0)} MiB, at most ${(peakMebibytes ?? 0).toFixed(0)}`;
  const theirs = `peer: ${peer.restartWritesPerWorkspace} write per Workspace`;
  return `Restart over ${workspaces} Workspaces: ${ready}${describe(usage?.cpuSeconds, calls)}${memory} (${theirs})`;
}

function describe(cpuSeconds: number | undefined, calls: QuietResult['calls']): string {
  const cpu = cpuSeconds === undefined ? 'CPU not measured' : `${cpuSeconds.toFixed(2)} s CPU`;
  if (calls === undefined) return `${cpu}; calls not counted`;
  const reads = Object.keys(calls.readsByTarget)
    .map((target) => `: ${target}`)
    .join(',');
  return `${cpu}; ${calls.writes} writes, ${calls.reads} reads${reads} (beside ${calls.leaseWrites} of Leases, ${calls.eventWrites} of Events, ${calls.watches} watches)`;
}

export interface Goal {
  readonly goal: string;
  readonly measured: string;
  readonly met: boolean;
}

/** The goals of this repository, those of them that were measured. */
export function judgeGoals({ stages, idle, restart }: Report): readonly Goal[] {
  const goals: Goal[] = [];
  const add = (goal: string, measured: string, met: boolean): void =>
    void goals.push({ goal, measured, met });
  const one = stages.find(({ workspaces }) => workspaces === 1);
  if (one !== undefined)
    add(
      'one Workspace ≤ 100 ms',
      `${seconds(one.p50Milliseconds)} (p50 of ${one.rounds}; slowest ${seconds(one.p99Milliseconds)})`,
      one.p50Milliseconds <= 100,
    );
  const thousand = stages.find(({ workspaces }) => workspaces === 1000);
  if (thousand !== undefined) {
    const { p99Milliseconds, perSecond } = thousand;
    add('1000 at once: p99 ≤ 15 s', seconds(p99Milliseconds), p99Milliseconds <= 15_000);
    add('1000 at once: ≥ 70 per second', `${perSecond.toFixed(1)}/s`, perSecond >= 70);
  }
  const writes = stages.flatMap(({ workspaces, rounds, calls }) =>
    calls ? [calls.writes / workspaces / rounds] : [],
  );
  if (writes.length > 0)
    add('≤ 5 writes per Workspace', perWorkspace(Math.max(...writes)), Math.max(...writes) <= 5);
  const reads = stages.flatMap(({ calls }) => (calls ? [calls.reads] : []));
  if (reads.length > 0)
    add('reads are watches only', `${Math.max(...reads)} other reads`, Math.max(...reads) === 0);
  const memory = stages.flatMap(({ usage }) => (usage ? [usage.residentMebibytes] : []));
  if (memory.length > 0)
    add('RSS ≤ 120 MiB', `${Math.max(...memory).toFixed(0)} MiB`, Math.max(...memory) <= 120);
  if (restart?.peakMebibytes !== undefined)
    add(
      'RSS ≤ 120 MiB after a restart',
      `${restart.peakMebibytes.toFixed(0)} MiB`,
      restart.peakMebibytes <= 120,
    );
  if (idle.calls !== undefined) add('no write at idle', String(idle.calls.writes), idle.calls.writes === 0);
  if (restart?.calls !== undefined)
    add('no write on restart', String(restart.calls.writes), restart.calls.writes === 0);
  return goals;
}

function renderGoals(report: Report): string[] {
  return judgeGoals(report).map(
    ({ goal, measured, met }) => `${met ? 'met   ' : 'MISSED'} ${goal}: ${measured}`,
  );
}

function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  return [head, ...rows].map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}

function seconds(milliseconds: number | undefined): string {
  if (milliseconds === undefined) return '';
  return milliseconds < 1000 ? `${milliseconds.toFixed(0)} ms` : `${(milliseconds / 1000).toFixed(2)} s`;
}

function perWorkspace(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}

function trim(value: number): string {
  return value >= 10 ? value.toFixed(0) : value.toFixed(1);
}
