import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../clock.ts';

export interface FakeClock extends Clock {
  /** Lets time pass; timers fire in order, and what they start gets to run before the next one fires. */
  advance(milliseconds: number): Promise<void>;
  readonly pending: number;
}

export function createFakeClock(): FakeClock {
  const start = Date.parse('2026-01-01T00:00:00Z');
  let time = 0;
  let order = 0;
  const timers = new Map<number, { readonly at: number; readonly callback: () => void }>();
  const due = (end: number): number | undefined => {
    const next = [...timers]
      .filter(([, { at }]) => at <= end)
      .sort(([a, x], [b, y]) => x.at - y.at || a - b)[0];
    return next?.[0];
  };
  return {
    now: () => start + time,
    monotonic: () => time,
    setTimeout: (callback, milliseconds) => {
      const id = order++;
      timers.set(id, { at: time + milliseconds, callback });
      return { cancel: () => void timers.delete(id) };
    },
    get pending() {
      return timers.size;
    },
    advance: async (milliseconds) => {
      const end = time + milliseconds;
      await settle();
      for (let id = due(end); id !== undefined; id = due(end)) {
        const timer = timers.get(id);
        timers.delete(id);
        time = Math.max(time, timer?.at ?? time);
        timer?.callback();
        await settle();
      }
      time = end;
    },
  };
}

/** Lets all run that waits for no time: followers of resolved promises, and rounds, which begin in a turn each. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await nextTurn();
}
