import { describe, expect, test } from 'vitest';
import { defaultBackOff } from './back-off.ts';
import type { ContainerExit, ContainerFacts, ContainerPhase, ContainerRole, PodFacts } from './facts.ts';
import { planPod } from './plan.ts';

const now = 1_000_000;

function exitOf(exitCode: number, finishedAt = now): ContainerExit {
  return {
    exitCode,
    reason: exitCode === 0 ? 'Completed' : 'Error',
    startedAt: 0,
    finishedAt,
    containerId: 'c',
  };
}
function exited(exitCode: number, finishedAt = now): ContainerPhase {
  return { kind: 'exited', exit: exitOf(exitCode, finishedAt) };
}
function running(change: Partial<Extract<ContainerPhase, { kind: 'running' }>> = {}): ContainerPhase {
  return {
    kind: 'running',
    containerId: 'c',
    startedAt: 0,
    started: true,
    ready: true,
    ending: false,
    ...change,
  };
}
function container(
  name: string,
  role: ContainerRole,
  phase: ContainerPhase = { kind: 'idle' },
): ContainerFacts {
  return { name, role, phase, restartCount: 0, imageId: '' };
}
function pod(change: Partial<PodFacts>): PodFacts {
  return {
    restartPolicy: 'Always',
    preparation: 'done',
    containers: [container('main', 'main')],
    now,
    backOff: defaultBackOff,
    ...change,
  };
}
function leaving(endsAt: number): ContainerFacts {
  return container('main', 'main', running({ ending: true, endsAt }));
}
function steps(facts: PodFacts): readonly string[] {
  return planPod(facts).actions.map((action) =>
    'container' in action ? `${action.do} ${action.container}` : action.do,
  );
}

describe('a new pod', () => {
  test('is prepared first', () => {
    expect(steps(pod({ preparation: 'none' }))).toEqual(['prepare']);
    expect(steps(pod({ preparation: 'running' }))).toEqual([]);
  });
  test('that could not be prepared waits, then tries again', () => {
    const failed = { retryAt: now + 500, message: 'configmap "x" not found' };
    expect(planPod(pod({ preparation: failed }))).toEqual({ actions: [], wakeAt: now + 500 });
    expect(steps(pod({ preparation: failed, now: now + 500 }))).toEqual(['prepare']);
  });
});

describe('init containers', () => {
  const first = (phase?: ContainerPhase): ContainerFacts => container('one', 'init', phase);
  const rest = [container('two', 'init'), container('main', 'main')];

  test('run one after the other, before the main containers', () => {
    expect(steps(pod({ containers: [first(), ...rest] }))).toEqual(['start one']);
    expect(steps(pod({ containers: [first(running()), ...rest] }))).toEqual([]);
    expect(steps(pod({ containers: [first(exited(0)), ...rest] }))).toEqual(['start two']);
  });
  test('that fail are tried again unless the policy is Never', () => {
    expect(steps(pod({ containers: [first(exited(1)), ...rest] }))).toEqual(['start one']);
    expect(steps(pod({ containers: [first(exited(1)), ...rest], restartPolicy: 'OnFailure' }))).toEqual([
      'start one',
    ]);
    expect(steps(pod({ containers: [first(exited(1)), ...rest], restartPolicy: 'Never' }))).toEqual([
      'finish',
    ]);
  });
  test('never run again once main containers have begun', () => {
    expect(steps(pod({ containers: [first(exited(1)), container('main', 'main', running())] }))).toEqual([]);
  });
  test('a sidecar lets the next begin when it has started, and keeps running', () => {
    const sidecar = (phase?: ContainerPhase): ContainerFacts => container('side', 'sidecar', phase);
    expect(steps(pod({ containers: [sidecar(), ...rest] }))).toEqual(['start side']);
    expect(steps(pod({ containers: [sidecar(running({ started: false })), ...rest] }))).toEqual([]);
    expect(steps(pod({ containers: [sidecar(running()), ...rest] }))).toEqual(['start two']);
    expect(steps(pod({ containers: [sidecar(exited(0)), container('main', 'main', running())] }))).toEqual([
      'start side',
    ]);
  });
});

describe('restarts', () => {
  test.each([
    ['Always', 0, ['start main']],
    ['Always', 1, ['start main']],
    ['OnFailure', 0, ['finish']],
    ['OnFailure', 1, ['start main']],
    ['Never', 0, ['finish']],
    ['Never', 1, ['finish']],
  ] as const)('%s after exit code %i: %j', (restartPolicy, code, expected) => {
    expect(steps(pod({ restartPolicy, containers: [container('main', 'main', exited(code))] }))).toEqual(
      expected,
    );
  });
  test('wait for the back-off', () => {
    const crashed = {
      ...container('main', 'main', exited(1)),
      backOff: { seconds: 20, updatedAt: now - 1000 },
    };
    expect(planPod(pod({ containers: [crashed] }))).toEqual({ actions: [], wakeAt: now + 20_000 });
    expect(steps(pod({ containers: [crashed], now: now + 20_000 }))).toEqual(['start main']);
  });
  test('what a probe gave up on is ended once', () => {
    const endRequested = { why: 'liveness', graceSeconds: 7 };
    const hung = container('main', 'main', running({ endRequested }));
    expect(planPod(pod({ containers: [hung] })).actions).toEqual([
      { do: 'end', container: 'main', why: 'liveness', graceSeconds: 7 },
    ]);
    expect(
      steps(pod({ containers: [container('main', 'main', running({ endRequested, ending: true }))] })),
    ).toEqual([]);
  });
  test('one main container of two keeps the pod going', () => {
    const containers = [container('a', 'main', exited(0)), container('b', 'main', running())];
    expect(steps(pod({ restartPolicy: 'Never', containers }))).toEqual([]);
  });
});

describe('the end', () => {
  const ending = { graceSeconds: 5, why: 'the pod was deleted' };
  test('main containers first, sidecars then, in reverse', () => {
    const a = container('a', 'sidecar', running());
    const b = container('b', 'sidecar', running());
    const main = container('main', 'main', running());
    expect(steps(pod({ ending, containers: [a, b, main] }))).toEqual(['end main']);
    expect(steps(pod({ ending, containers: [a, b, container('main', 'main', exited(0))] }))).toEqual([
      'end b',
    ]);
    expect(steps(pod({ ending, containers: [a, container('main', 'main', exited(0))] }))).toEqual(['end a']);
  });
  test('is told only when nothing runs', () => {
    expect(steps(pod({ ending, containers: [container('main', 'main', { kind: 'starting' })] }))).toEqual([]);
    expect(
      steps(pod({ ending, containers: [container('main', 'main', running({ ending: true }))] })),
    ).toEqual([]);
    expect(steps(pod({ ending }))).toEqual(['finish']);
  });
  test('comes sooner when it is asked for again with less patience', () => {
    expect(steps(pod({ ending, containers: [leaving(now + 30_000)] }))).toEqual(['end main']);
    expect(steps(pod({ ending, containers: [leaving(now + 5000)] }))).toEqual([]);
  });
  test('sidecars of a finished pod are ended', () => {
    const containers = [container('side', 'sidecar', running()), container('main', 'main', exited(0))];
    expect(steps(pod({ restartPolicy: 'Never', containers }))).toEqual(['end side']);
  });
});
