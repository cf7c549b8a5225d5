import { writeFileSync } from 'node:fs';
import type { Failure } from './failure.ts';

/** The kubelet reads at most 4096 bytes of a termination message. */
const maximumBytes = 4096;
const maximumTextLength = 1000;

/** The failure as the JSON document that fits the termination log: the newest lines stay, the oldest go first. */
export function renderTerminationMessage(failure: Failure): string {
  const short: Failure = {
    ...failure,
    message: failure.message.slice(0, maximumTextLength),
    hint: failure.hint.slice(0, maximumTextLength),
    lastLines: failure.lastLines.slice(-40).map((line) => line.slice(0, 400)),
  };
  for (let dropped = 0; ; dropped++) {
    const text = JSON.stringify({ ...short, lastLines: short.lastLines.slice(dropped) });
    if (Buffer.byteLength(text) <= maximumBytes || dropped >= short.lastLines.length) return text;
  }
}

/** Written synchronously: the process is about to end. A path that cannot be written only loses the message. */
export function writeTerminationLog(path: string, failure: Failure): Error | undefined {
  try {
    writeFileSync(path, renderTerminationMessage(failure));
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
