import { failureClasses, type Failure } from './failure.ts';
import { runtimeMessages } from './runtime-messages.ts';

/** How a runtime ended without being asked to. */
export interface RuntimeEnd {
  readonly program: string;
  readonly code: number | null;
  readonly signal: string | null;
  /** The last lines of both streams, oldest first. */
  readonly lines: readonly string[];
  /** True when the kernel's out-of-memory killer struck in this container meanwhile. */
  readonly killedForMemory: boolean;
}

/** Any end that was not asked for is a failure, exit code 0 too: vLLM exits 0 when its engine dies after readiness. */
export function classifyRuntimeEnd(end: RuntimeEnd): Failure {
  return { ...causeOf(end), ...exitOf(end), lastLines: end.lines };
}

function exitOf(end: RuntimeEnd): Pick<Failure, 'exitCode' | 'signal'> {
  if (end.signal !== null) return { signal: end.signal };
  return end.code === null ? {} : { exitCode: end.code };
}

function causeOf(end: RuntimeEnd): Pick<Failure, 'class' | 'message' | 'hint'> {
  if (end.killedForMemory && end.signal === 'SIGKILL') return memoryLimitReached(end.program);
  if (end.signal === 'SIGKILL') {
    return {
      class: failureClasses.runtimeKilled,
      message: `${end.program} was killed from outside (SIGKILL)`,
      hint: 'look at the node for what killed it: memory pressure, an eviction, a person',
    };
  }
  for (const message of runtimeMessages) {
    const line = end.lines.findLast((candidate) => message.pattern.test(candidate));
    if (line !== undefined) {
      return {
        class: message.class,
        message: `${end.program}: ${line.trim().slice(0, 500)}`,
        hint: message.hint,
      };
    }
  }
  // vLLM's engine is a process below its server, which then ends by itself.
  return end.killedForMemory ? memoryLimitReached(`a process of ${end.program}`) : unexplained(end);
}

function memoryLimitReached(who: string): Pick<Failure, 'class' | 'message' | 'hint'> {
  return {
    class: failureClasses.outOfMemory,
    message: `${who} was killed by the kernel: the container reached its memory limit`,
    hint: 'raise the memory limit of the container or choose a smaller model',
  };
}

function unexplained(end: RuntimeEnd): Pick<Failure, 'class' | 'message' | 'hint'> {
  if (end.signal === null && end.code === 0) {
    return {
      class: failureClasses.runtimeExited,
      message: `${end.program} ended by itself with exit code 0 while it should serve`,
      hint: 'a server that ends unasked has failed, whatever its exit code; see its last lines',
    };
  }
  const how = end.signal === null ? `exit code ${end.code ?? 'unknown'}` : `signal ${end.signal}`;
  const lastWord = end.lines.findLast((line) => line.trim() !== '');
  return {
    class: failureClasses.runtimeCrashed,
    message: `${end.program} ended with ${how}${lastWord === undefined ? '' : `: ${lastWord.trim().slice(0, 500)}`}`,
    hint: 'see the last lines of the runtime; it is restarted with a growing pause',
  };
}
