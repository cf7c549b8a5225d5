import { expect, test } from 'vitest';
import { classifyRuntimeEnd, type RuntimeEnd } from './classify.ts';

function end(overrides: Partial<RuntimeEnd>): RuntimeEnd {
  return { program: 'vllm', code: 1, signal: null, lines: [], killedForMemory: false, ...overrides };
}

const settingsInTheLog =
  "non-default args: {'trust_remote_code': True}, config: model='/weights', trust_remote_code=True, dtype=bfloat16";
const engineGone = 'RuntimeError: Engine core initialization failed. Failed core proc(s): {"EngineCore": -9}';

const cases: readonly { what: string; how: Partial<RuntimeEnd>; class: string; message: RegExp }[] = [
  {
    what: 'the settings that vllm writes into its log explain nothing',
    how: { lines: [settingsInTheLog, 'Segmentation fault'] },
    class: 'RuntimeCrashed',
    message: /Segmentation fault/u,
  },
  {
    what: 'a model with code of its own',
    how: {
      lines: [settingsInTheLog, 'Please pass the argument `trust_remote_code=True` to allow custom code'],
    },
    class: 'UnsupportedModel',
    message: /Please pass/u,
  },
  {
    what: 'the kernel killed the runtime',
    how: { code: null, signal: 'SIGKILL', killedForMemory: true },
    class: 'OutOfMemory',
    message: /^vllm was killed by the kernel/u,
  },
  {
    what: 'the kernel killed a process below the runtime, which then ended',
    how: { lines: [engineGone], killedForMemory: true },
    class: 'OutOfMemory',
    message: /^a process of vllm was killed by the kernel/u,
  },
  {
    what: 'a reason that the runtime gives goes before a kill that it survived',
    how: { lines: ['error: unrecognized arguments: --x'], killedForMemory: true },
    class: 'FlagRejected',
    message: /unrecognized/u,
  },
  {
    what: 'somebody killed the runtime',
    how: { code: null, signal: 'SIGKILL' },
    class: 'RuntimeKilled',
    message: /from outside/u,
  },
];

test.each(cases)('$what: $class', ({ how, class: expected, message }) => {
  expect(classifyRuntimeEnd(end(how))).toMatchObject({
    class: expected,
    message: expect.stringMatching(message) as string,
  });
});
