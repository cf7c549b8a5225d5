import { expect, test } from 'vitest';
import type { Failure } from '../failure/failure.ts';
import { initialTransition, transition, type Effect, type Event, type State } from './machine.ts';

const failure: Failure = { class: 'RuntimeCrashed', message: 'gone', hint: 'look', lastLines: [] };

const happyPath: readonly Event[] = [
  { type: 'configRead' },
  { type: 'prepared', warnings: ['w'] },
  { type: 'runtimeSpawned' },
  { type: 'runtimeProgressed', detail: 'half' },
  { type: 'runtimeHealthy' },
  { type: 'canaryPassed', answered: ['completion'] },
];

function play(events: readonly Event[]): { state: State; effects: readonly Effect[] } {
  let { state, effects } = initialTransition(0);
  const all = [...effects];
  for (const [index, event] of events.entries()) {
    ({ state, effects } = transition(state, event, index + 1));
    all.push(...effects);
  }
  return { state, effects: all };
}

test('the way to readiness, phase by phase', () => {
  const phases = happyPath.map((_event, index) => play(happyPath.slice(0, index + 1)).state.phase);
  expect(phases).toEqual(['adapters', 'starting', 'starting', 'loading', 'canary', 'ready']);
  const { state, effects } = play(happyPath);
  expect(state).toMatchObject({
    started: true,
    runtimeRunning: true,
    warnings: ['w'],
    answered: ['completion'],
    since: 6,
  });
  expect(state.progress).toBeUndefined();
  expect(effects.map(({ type }) => type)).toEqual(['prepare', 'spawnRuntime', 'sendCanary', 'watchHealth']);
});

const tooEarly: Effect = {
  type: 'reportFailure',
  failure: expect.objectContaining({ class: 'StartTimeout' }) as Failure,
};

const terminations: readonly [string, number, readonly Effect[]][] = [
  ['while preparing', 1, [{ type: 'cancelPreparation' }, { type: 'exit', code: 0 }]],
  ['while loading', 4, [tooEarly, { type: 'stopRuntime', atOnce: false }]],
  ['while the canary is out', 5, [tooEarly, { type: 'stopRuntime', atOnce: false }]],
  ['while serving', 6, [{ type: 'drain' }]],
];

test.each(terminations)('asked to end %s', (_when, steps, expected) => {
  const before = play(happyPath.slice(0, steps));
  const after = transition(before.state, { type: 'terminationRequested' }, 9);
  expect(after.state.phase).toBe('draining');
  expect(after.effects).toEqual(expected);
});

test('drains, stops, ends with 0; asked twice it stops at once', () => {
  const draining = transition(play(happyPath).state, { type: 'terminationRequested' }, 9).state;
  expect(transition(draining, { type: 'drained' }, 10).effects).toEqual([
    { type: 'stopRuntime', atOnce: false },
  ]);
  expect(transition(draining, { type: 'terminationRequested' }, 10).effects).toEqual([
    { type: 'stopRuntime', atOnce: true },
  ]);
  expect(transition(draining, { type: 'runtimeEnded', failure }, 10).effects).toEqual([
    { type: 'exit', code: 0 },
  ]);
});

test.each([1, 2, 3, 4, 5, 6])('a runtime that ends unasked after %i events is a failure', (steps) => {
  const { state, effects } = transition(
    play(happyPath.slice(0, steps)).state,
    { type: 'runtimeEnded', failure },
    9,
  );
  expect(state).toMatchObject({ phase: 'failed', failure });
  expect(effects).toEqual([
    { type: 'reportFailure', failure },
    { type: 'exit', code: 1 },
  ]);
});

test('a failed canary stops the runtime first and then ends with 1; what comes later changes nothing', () => {
  const canary = play(happyPath.slice(0, 5)).state;
  const failed = transition(canary, { type: 'failed', failure }, 9);
  expect(failed.effects).toEqual([
    { type: 'reportFailure', failure },
    { type: 'stopRuntime', atOnce: true },
  ]);
  for (const late of happyPath.slice(3))
    expect(transition(failed.state, late, 10)).toEqual({ state: failed.state, effects: [] });
  expect(transition(failed.state, { type: 'runtimeEnded', failure }, 10).effects).toEqual([
    { type: 'exit', code: 1 },
  ]);
});
