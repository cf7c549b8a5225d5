import { createProgram } from './program.ts';
import { reportError } from './report-error.ts';

const abort = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => abort.abort(new Error(`ended by ${signal}`)));
}

// `kaito … | head` closes the pipe early; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const context = {
  environment: process.env,
  writeResult: (text: string) => void process.stdout.write(text),
  writeNote: (text: string) => void process.stderr.write(text),
  signal: abort.signal,
};

try {
  await createProgram(context).parseAsync(process.argv);
} catch (error) {
  process.exitCode = reportError(error, context);
}
