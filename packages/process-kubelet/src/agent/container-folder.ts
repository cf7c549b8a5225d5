import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { logFiles } from '../logs/container-log.ts';
import { logTail } from '../logs/read-log.ts';
import type { Container } from '../pod/pod.ts';

/** Kept of a termination message, as Kubernetes does. */
const messageBytes = 4096;
const fallbackMessage = { lines: 80, bytes: 2048 };

/** What one container keeps on disk over its runs: a log of each of the last two, its last words, a home. */
export class ContainerFolder {
  readonly messagePath: string;
  readonly homeDirectory: string;
  readonly #directory: string;

  constructor(podDirectory: string, container: string) {
    this.#directory = join(podDirectory, 'containers', container);
    this.messagePath = join(this.#directory, 'termination-log');
    this.homeDirectory = join(this.#directory, 'home');
  }

  /** Makes what a run needs: a home, and a message to write to. */
  prepare(): void {
    mkdirSync(this.homeDirectory, { recursive: true });
    writeFileSync(this.messagePath, '');
  }

  logPath(run: number): string {
    return join(this.#directory, `${run}.log`);
  }

  removeLog(run: number): void {
    for (const path of logFiles(this.logPath(run))) rmSync(path, { force: true });
  }

  /** What a run left as its last words: what it wrote, or the end of its log where the container wants that. */
  async terminationMessage(
    { terminationMessagePolicy }: Container,
    exitCode: number,
    logPath: string,
  ): Promise<string> {
    const written = this.#writtenMessage();
    const fallsBack = terminationMessagePolicy === 'FallbackToLogsOnError' && exitCode !== 0;
    return written === '' && fallsBack ? logTail(logPath, fallbackMessage) : written;
  }

  #writtenMessage(): string {
    try {
      return readFileSync(this.messagePath).subarray(0, messageBytes).toString('utf8');
    } catch {
      return '';
    }
  }
}
