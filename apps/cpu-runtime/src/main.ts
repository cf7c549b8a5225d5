import { parseCommandLine } from './command-line.ts';
import { loadLlamaEngine } from './engine/llama-engine.ts';
import { run } from './run.ts';

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(1);
    stop.abort();
  });
}

try {
  await run(parseCommandLine(process.argv.slice(2)), loadLlamaEngine, stop.signal);
  process.exit(0);
} catch (error) {
  console.error(`kaito-cpu-runtime: ${(error as Error).message}`);
  process.exit(1);
}
