import { setTimeout as delay } from 'node:timers/promises';
import { CommandError } from '../command-error.ts';
import { startRoomProcess, type RoomProcess, type RoomProcessOptions } from './room-process.ts';

export interface SupervisionOptions extends RoomProcessOptions {
  /** Whether a process that ends unasked is started again; one that keeps everything in memory is not. */
  readonly restart: boolean;
  readonly onRestart?: (message: string) => void;
}

export interface SupervisedRoom {
  readonly name: string;
  /** The process that runs now; another one after a restart. */
  current(): RoomProcess;
  /** Rejects when the process ended unasked and is not started again; never resolves. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

const LONGEST_DELAY_SECONDS = 30;
/** A process that ran this long starts its back-off anew. */
const HEALTHY_AFTER_SECONDS = 60;

/** Keeps one room's process running until it is stopped. */
export async function superviseRoom(options: SupervisionOptions): Promise<SupervisedRoom> {
  let current = await startRoomProcess(options);
  let stopping = false;
  const failed = watch();
  // Whoever races `failed` gets the rejection; nobody may be racing it yet.
  failed.catch(() => {});

  async function watch(): Promise<never> {
    for (let delaySeconds = 1; ; delaySeconds = Math.min(delaySeconds * 2, LONGEST_DELAY_SECONDS)) {
      const startedAt = performance.now();
      const how = await current.ended;
      if (stopping) return new Promise(() => {});
      const { name, logFile } = options;
      if (!options.restart) {
        throw new CommandError({ code: 'PROCESS_ENDED', message: `${name} ${how}`, next: `read ${logFile}` });
      }
      if (performance.now() - startedAt > HEALTHY_AFTER_SECONDS * 1000) delaySeconds = 1;
      options.onRestart?.(`${name} ${how}; starting it again in ${delaySeconds} s (log: ${logFile})`);
      await delay(delaySeconds * 1000, undefined, { ref: false });
      if (stopping) return new Promise(() => {});
      current = await startRoomProcess({ ...options, appendLog: true });
      options.onRestart?.(`${name} runs again as pid ${current.pid}`);
    }
  }

  return {
    name: options.name,
    current: () => current,
    failed,
    stop: async () => {
      stopping = true;
      await current.stop();
    },
  };
}
