import type { WorkspaceStatus } from '@kaito-ts/api-types';
import type { Writer } from '../cluster/apply.ts';
import type { PhasedRevision } from './count-phases.ts';
import type { PhaseDuration } from './phase-durations.ts';
import { silentLogger } from '@kaito-ts/kube-runtime';
import { describe, expect, test } from 'vitest';
import { workspace } from '../plan/builders.test.data.ts';
import { countPhases } from './count-phases.ts';

function statusOf(ready: boolean): WorkspaceStatus {
  const condition = {
    type: 'WorkspaceSucceeded',
    status: ready ? ('True' as const) : ('False' as const),
    reason: 'x',
    message: '',
    lastTransitionTime: '2026-01-01T12:00:00Z',
  };
  return { conditions: [condition] };
}

/** An operator that writes whatever differs, and the revision of the one Workspace there is. */
function counting(): {
  readonly counted: PhaseDuration[];
  readonly tell: (before: boolean, after: boolean) => Promise<boolean>;
  readonly forget: () => void;
  revision: string;
} {
  const writer: Writer = {
    step: async () => {},
    status: async (before, after) => JSON.stringify(before.status) !== JSON.stringify(after),
  };
  const counted: PhaseDuration[] = [];
  const forgetters: ((key: string) => void)[] = [];
  const measure = (): PhasedRevision => ({
    revision: state.revision,
    durations: [{ phase: 'load', seconds: 7 }],
  });
  const wrapped = countPhases(writer, {
    measure,
    observe: (duration) => counted.push(duration),
    onDeleted: (forget) => forgetters.push(forget),
    logger: silentLogger,
  });
  const { signal } = new AbortController();
  const state = {
    counted,
    revision: 'one',
    tell: (before: boolean, after: boolean) =>
      wrapped.status(workspace({ status: statusOf(before) }), statusOf(after), signal),
    forget: () => forgetters.forEach((forget) => forget('demo/phi')),
  };
  return state;
}

describe('a revision is counted', () => {
  test('when the Workspace is told that it is ready', async () => {
    const { tell, counted } = counting();
    await tell(false, false);
    expect(counted).toEqual([]);
    await tell(false, true);
    expect(counted).toEqual([{ phase: 'load', seconds: 7 }]);
  });

  test('not by an operator that finds it ready, such as after a restart', async () => {
    const { tell, counted } = counting();
    await tell(true, true);
    expect(counted).toEqual([]);
  });

  test('once, also when its pods are lost and come back', async () => {
    const { tell, counted } = counting();
    await tell(false, true);
    await tell(true, false);
    await tell(false, true);
    expect(counted).toHaveLength(1);
  });

  test('again when it is another one, or another Workspace of the same name', async () => {
    const all = counting();
    await all.tell(false, true);
    all.revision = 'two';
    await all.tell(false, true);
    expect(all.counted).toHaveLength(2);
    all.forget();
    await all.tell(false, true);
    expect(all.counted).toHaveLength(3);
  });
});
