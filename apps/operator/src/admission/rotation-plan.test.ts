import type { RotationPolicy, RotationState, RotationStep } from './rotation-plan.ts';
import { describe, expect, test } from 'vitest';
import { defaultRotationPolicy, planRotation } from './rotation-plan.ts';

const policy: RotationPolicy = { lifetimeMilliseconds: 900, settleMilliseconds: 10, graceMilliseconds: 50 };

const young = { authority: 'A', notAfter: 2000, fits: true };
const steady: RotationState = {
  now: 1100,
  current: young,
  next: undefined,
  previous: undefined,
  bundle: ['A'],
  nextTrustedSince: undefined,
};
const successor = { authority: 'B', notAfter: 3000, fits: true };

const cases: readonly [string, Partial<RotationState>, Partial<RotationStep>][] = [
  ['waits for two thirds of the lifetime', {}, { kind: 'wait', until: 1700 }],
  ['begins with an empty Secret', { current: undefined, bundle: [] }, { kind: 'issueCurrent' }],
  ['fills an empty bundle', { bundle: [] }, { kind: 'trust', authorities: ['A'] }],
  ['restores a bundle that somebody added to', { bundle: ['A', 'X'] }, { kind: 'trust', authorities: ['A'] }],
  ['makes the next one in time', { now: 1700 }, { kind: 'issueNext' }],
  [
    'lets it be trusted beside the old one',
    { now: 1700, next: successor },
    { kind: 'trust', authorities: ['A', 'B'] },
  ],
  [
    'gives API servers time to read the bundle',
    { now: 1705, next: successor, bundle: ['B', 'A'], nextTrustedSince: 1700 },
    { kind: 'wait', until: 1710 },
  ],
  [
    'counts that time anew on a new leader',
    { now: 1705, next: successor, bundle: ['A', 'B'] },
    { kind: 'wait', until: 1715 },
  ],
  [
    'then serves under it',
    { now: 1710, next: successor, bundle: ['A', 'B'], nextTrustedSince: 1700 },
    { kind: 'promote' },
  ],
  [
    'keeps the old authority until all have reloaded',
    { now: 1720, current: successor, previous: { authority: 'A', until: 1760 }, bundle: ['A', 'B'] },
    { kind: 'wait', until: 1760 },
  ],
  [
    'then forgets it',
    { now: 1760, current: successor, previous: { authority: 'A', until: 1760 }, bundle: ['A', 'B'] },
    { kind: 'retire' },
  ],
  [
    'and takes it out of the bundle',
    { now: 1761, current: successor, bundle: ['A', 'B'] },
    { kind: 'trust', authorities: ['B'] },
  ],
  ['begins anew when it was away too long', { now: 2000 }, { kind: 'issueCurrent' }],
  [
    'uses a next one that is there when it was away too long',
    { now: 2000, next: successor },
    { kind: 'promote' },
  ],
  ['follows a host that changed', { current: { ...young, fits: false } }, { kind: 'issueNext' }],
  [
    'replaces a next one for another host',
    { next: { ...successor, fits: false }, bundle: ['A', 'B'] },
    { kind: 'issueNext' },
  ],
  [
    'does not begin another exchange while one is not over',
    {
      current: { ...successor, fits: false },
      previous: { authority: 'A', until: 1900 },
      now: 1800,
      bundle: ['A', 'B'],
    },
    { kind: 'wait', until: 1900 },
  ],
];

describe('a rotation plan', () => {
  test.each(cases)('%s', (_name, changes, step) => {
    expect(planRotation({ ...steady, ...changes }, policy)).toMatchObject(step);
  });

  test('over two years, at any moment and with leaders that change, what is served is trusted', () => {
    const hour = 3_600_000;
    const world = {
      current: '',
      next: '',
      previous: '',
      until: 0,
      bundle: new Set<string>(),
      ends: new Map<string, number>(),
    };
    let issued = 0;
    let trustedSince: number | undefined;
    let promotions = 0;
    let rounds = 0;
    const violations: string[] = [];
    const check = (rule: string, holds: boolean): void => {
      if (!holds) violations.push(`${rule} (round ${rounds})`);
    };
    const issue = (now: number): string => {
      const name = `CA${issued++}`;
      world.ends.set(name, now + defaultRotationPolicy.lifetimeMilliseconds);
      return name;
    };
    const generation = (name: string): RotationState['current'] =>
      name === '' ? undefined : { authority: name, notAfter: world.ends.get(name) ?? 0, fits: true };
    for (let now = 0; now < 2 * 365 * 24 * hour;) {
      // Now and then another process leads, which has seen nothing yet.
      if (++rounds % 7 === 0) trustedSince = undefined;
      trustedSince = world.next !== '' && world.bundle.has(world.next) ? (trustedSince ?? now) : undefined;
      const step = planRotation(
        {
          now,
          current: generation(world.current),
          next: generation(world.next),
          previous: world.previous === '' ? undefined : { authority: world.previous, until: world.until },
          bundle: [...world.bundle],
          nextTrustedSince: trustedSince,
        },
        defaultRotationPolicy,
      );
      if (step.kind === 'issueCurrent') world.current = issue(now);
      if (step.kind === 'issueNext') world.next = issue(now);
      if (step.kind === 'trust') world.bundle = new Set(step.authorities);
      if (step.kind === 'retire') world.previous = '';
      if (step.kind === 'promote') {
        promotions++;
        check('settled', now - (trustedSince ?? now) >= defaultRotationPolicy.settleMilliseconds);
        Object.assign(world, {
          previous: world.current,
          until: now + defaultRotationPolicy.graceMilliseconds,
          current: world.next,
          next: '',
        });
      }
      check('current is trusted', rounds < 3 || world.bundle.has(world.current));
      check('previous is trusted', world.previous === '' || world.bundle.has(world.previous));
      check('current is valid', (world.ends.get(world.current) ?? 0) > now);
      now = step.kind === 'wait' ? Math.min(step.until, now + 6 * hour) : now + 1000;
    }
    expect(violations).toEqual([]);
    expect(promotions).toBe(12);
  });
});
