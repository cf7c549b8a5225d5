import { execFile } from 'node:child_process';

export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A bound against hanging for ever: what a program waits for is its own affair. */
const longestMilliseconds = 270_000;

/** Runs a program to its end; never throws. */
export function run(program: string, argv: readonly string[], input = ''): Promise<Said> {
  return new Promise((resolve) => {
    const child = execFile(program, argv, { timeout: longestMilliseconds }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
    );
    // A program that ends without reading tells why by itself.
    child.stdin?.once('error', () => {}).end(input);
  });
}
