import type { Fault, Outcome } from './fault.ts';
import type { Ground } from './ground.ts';
import { runFault } from './run-fault.ts';

/** Runs faults side by side, as many as two cores bear; those that strike everybody come last. */
export async function runTable(
  faults: readonly Fault[],
  groundOf: (fault: Fault) => Ground,
  options: { readonly atOnce: number; readonly progress: (line: string) => void },
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const waiting = faults.filter(({ alone }) => alone !== true);
  const play = async (fault: Fault): Promise<void> => {
    const begun = performance.now();
    const outcome = await runFault(fault, groundOf(fault));
    const seconds = ((performance.now() - begun) / 1000).toFixed(0);
    options.progress(
      `${outcome.problem === undefined ? 'ok  ' : 'FAIL'} ${seconds} s  ${fault.name}  ${outcome.problem ?? ''}`,
    );
    outcomes.push(outcome);
  };
  const work = async (): Promise<void> => {
    for (let fault = waiting.shift(); fault !== undefined; fault = waiting.shift()) await play(fault);
  };
  await Promise.all(Array.from({ length: options.atOnce }, work));
  for (const fault of faults.filter(({ alone }) => alone === true)) await play(fault);
  return faults.flatMap((fault) => outcomes.filter((outcome) => outcome.fault === fault));
}
