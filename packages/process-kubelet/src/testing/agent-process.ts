import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

export interface AgentProcess {
  readonly child: ChildProcess;
  readonly ready: { readonly node: string; readonly pid: number; readonly port: number };
  kill(signal: NodeJS.Signals): Promise<number | null>;
}

/** The agent as its users start it: a process of its own that says on stdout when it is ready. */
export async function startAgentProcess(args: readonly string[]): Promise<AgentProcess> {
  const child = spawn(
    process.execPath,
    ['--conditions=@kaito-ts/source', '--disable-warning=ExperimentalWarning', main, ...args],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString('utf8')));
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([text]) => String(text)),
    once(child, 'exit').then(() => Promise.reject(new Error(`the agent ended: ${errors.slice(-2000)}`))),
  ]);
  return {
    child,
    ready: JSON.parse(line) as AgentProcess['ready'],
    async kill(signal) {
      const ended = once(child, 'exit');
      child.kill(signal);
      const [code] = (await ended) as [number | null];
      return code;
    },
  };
}
