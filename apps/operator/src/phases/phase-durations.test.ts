import type { Pod } from '@kaito-ts/kube-runtime';
import { describe, expect, test } from 'vitest';
import { phaseDurations } from './phase-durations.ts';

interface Way {
  readonly created?: string;
  readonly placed?: string;
  readonly started?: string;
  readonly answered?: string;
  readonly restarts?: number;
}

/** Seconds after noon. */
function at(seconds: number): string {
  return new Date(Date.UTC(2026, 0, 1, 12) + seconds * 1000).toISOString().replace('.000Z', 'Z');
}

function condition(type: string, lastTransitionTime: string | undefined): readonly object[] {
  return lastTransitionTime === undefined ? [] : [{ type, status: 'True', lastTransitionTime }];
}

function pod({ created, placed, started, answered, restarts = 0 }: Way): Pod {
  return {
    metadata: { name: 'a', creationTimestamp: created },
    status: {
      conditions: [...condition('PodScheduled', placed), ...condition('Ready', answered)],
      containerStatuses: [
        { restartCount: restarts, state: started === undefined ? {} : { running: { startedAt: started } } },
      ],
    },
  } as unknown as Pod;
}

const plain = pod({ created: at(0), placed: at(1), started: at(31), answered: at(91) });

function durations(
  pods: readonly Pod[],
  claims: Parameters<typeof phaseDurations>[0]['claims'] = [],
): object {
  return Object.fromEntries(phaseDurations({ pods, claims }).map(({ phase, seconds }) => [phase, seconds]));
}

describe('the phases of a revision', () => {
  test('follow each other from the pod to its answer', () => {
    expect(durations([plain])).toEqual({ node: 1, image: 30, load: 60, first_answer: 91 });
  });

  test('begin with the claim when the node had to be made', () => {
    const claim = { created: at(-100), launched: at(-80), ready: at(-2) };
    const late = pod({ created: at(-99), placed: at(1), started: at(31), answered: at(91) });
    expect(durations([late], [claim])).toEqual({
      claim: 20,
      node: 81,
      image: 30,
      load: 60,
      first_answer: 191,
    });
  });

  test('are those of the slowest of several claims and pods', () => {
    const slow = pod({ created: at(0), placed: at(10), started: at(20), answered: at(200) });
    const claims = [
      { created: at(-100), launched: at(-90), ready: at(-5) },
      { created: at(-95), launched: at(-50), ready: at(3) },
    ];
    expect(durations([plain, slow], claims)).toEqual({
      claim: 50,
      node: 10,
      image: 30,
      load: 180,
      first_answer: 300,
    });
  });

  test('leave out claims of an earlier revision, and those that came to nothing', () => {
    const claims = [
      { created: at(-9000), launched: at(-8900), ready: at(-8800) },
      { created: at(-50), launched: undefined, ready: undefined },
    ];
    expect(durations([plain], claims)).toEqual({ node: 1, image: 30, load: 60, first_answer: 91 });
  });

  test('leave out what a restarted container no longer tells', () => {
    const restarted = pod({ created: at(0), placed: at(1), started: at(80), answered: at(91), restarts: 1 });
    expect(durations([restarted])).toEqual({ node: 1, first_answer: 91 });
  });

  test('are none without pods, and none for what has no time', () => {
    expect(durations([])).toEqual({});
    expect(durations([pod({ placed: at(1), answered: at(2) })])).toEqual({});
  });

  test('are never negative, for clocks differ', () => {
    expect(
      durations([pod({ created: at(0), placed: at(5), started: at(4), answered: at(9) })]),
    ).toMatchObject({ image: 0, load: 5 });
  });
});
