import type { Fault, Outcome } from './fault.ts';
import type { Ground } from './ground.ts';
import { runFault } from './run-fault.ts';

export interface TableOptions {
  readonly groundOf: (fault: Fault) => Ground;
  /** Faults of one ground that are played side by side. */
  readonly atOnce: number;
  readonly progress: (line: string) => void;
}

/** Plays every fault, the grounds side by side; on each, those that strike everybody come last and one by one. */
export async function runTable(faults: readonly Fault[], options: TableOptions): Promise<readonly Outcome[]> {
  const outcomes = new Map<Fault, Outcome>();
  const play = async (fault: Fault): Promise<void> => {
    const begun = performance.now();
    const outcome = await runFault(fault, options.groundOf(fault));
    const seconds = ((performance.now() - begun) / 1000).toFixed(0);
    const verdict = outcome.problem === undefined ? 'ok  ' : 'FAIL';
    options.progress(`${verdict} ${seconds} s  ${fault.name}  ${outcome.problem ?? ''}`);
    outcomes.set(fault, outcome);
  };
  const playAll = async (rows: readonly Fault[]): Promise<void> => {
    const waiting = rows.filter(({ alone }) => alone !== true);
    const work = async (): Promise<void> => {
      for (let fault = waiting.shift(); fault !== undefined; fault = waiting.shift()) await play(fault);
    };
    await Promise.all(Array.from({ length: options.atOnce }, work));
    for (const fault of rows.filter(({ alone }) => alone === true)) await play(fault);
  };
  await Promise.all([...Map.groupBy(faults, options.groundOf).values()].map(playAll));
  return faults.flatMap((fault) => outcomes.get(fault) ?? []);
}
