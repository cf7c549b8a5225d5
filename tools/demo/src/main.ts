import { InvalidArgumentError, Command } from 'commander';
import { reportError } from '@kaito-ts/cli';
import { runDemo } from './run-demo.ts';

const started = Number(process.env['KAITO_STARTED_AT'] ?? Date.now());
const abort = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => abort.abort(new Error(`ended by ${signal}`)));
}
const context = {
  environment: process.env,
  writeResult: (text: string) => void process.stdout.write(text),
  writeNote: (text: string) => void process.stderr.write(text),
  signal: abort.signal,
};

const program = new Command('demo')
  .description(
    'Serve a model with a LoRA adapter at two strengths on this machine, and ask it one question three times.',
  )
  .option('--once', 'end after the answers instead of serving until Ctrl-C', false)
  .option(
    '-o, --output <format>',
    'text or json (json prints one object on standard output)',
    readFormat,
    'text',
  )
  .option('--question <text>', 'what to ask', 'Hello')
  .action(async (options: { once: boolean; output: 'text' | 'json'; question: string }) => {
    await runDemo({
      ...options,
      context,
      installSeconds: Number(process.env['KAITO_INSTALL_SECONDS'] ?? 0),
      secondsSinceStart: () => (Date.now() - started) / 1000,
    });
  });

try {
  await program.parseAsync(process.argv);
} catch (error) {
  process.exitCode = reportError(error, context);
}

function readFormat(text: string): 'text' | 'json' {
  if (text === 'text' || text === 'json') return text;
  throw new InvalidArgumentError('give text or json.');
}
