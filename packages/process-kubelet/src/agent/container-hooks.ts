import { setTimeout as delay } from 'node:timers/promises';
import type { Handler } from '../pod/pod.ts';
import { checkHttp } from '../probes/check.ts';
import type { CheckedContainer } from './container-checks.ts';

/** What is left of the grace period after a slow preStop hook, at least. */
const minimumGraceMilliseconds = 2000;

/** Says why the hook failed, or undefined when it went well or there is none. */
export async function runPostStart(
  subject: CheckedContainer,
  milliseconds: number,
): Promise<string | undefined> {
  const hook = subject.container().lifecycle?.postStart;
  return hook === undefined ? undefined : runHook(hook, milliseconds, subject);
}

interface PreStop {
  readonly failure?: string | undefined;
  /** What the process has, after the hook, to end by itself. */
  readonly leftMilliseconds: number;
}

/** Runs the preStop hook within the grace period. */
export async function runPreStop(subject: CheckedContainer, milliseconds: number): Promise<PreStop> {
  const hook = subject.container().lifecycle?.preStop;
  if (hook === undefined || milliseconds <= 0) return { leftMilliseconds: milliseconds };
  const began = performance.now();
  const failure = await runHook(hook, milliseconds, subject);
  const left = milliseconds - (performance.now() - began);
  return { failure, leftMilliseconds: Math.max(left, Math.min(milliseconds, minimumGraceMilliseconds)) };
}

async function runHook(
  hook: Handler,
  milliseconds: number,
  subject: CheckedContainer,
): Promise<string | undefined> {
  try {
    if (hook.sleep) await delay(Math.min(hook.sleep.seconds * 1000, milliseconds));
    if (hook.httpGet) {
      const result = await checkHttp(hook.httpGet, milliseconds, {
        container: subject.container(),
        podIP: subject.podIP(),
      });
      return result.passed ? undefined : result.message;
    }
    if (hook.exec) {
      const { exitCode, timedOut, output } = await subject.exec(hook.exec.command ?? [], milliseconds);
      if (timedOut) return 'the command took too long';
      return exitCode === 0 ? undefined : `exit code ${exitCode}: ${output}`;
    }
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
