import type { DestinationStream, Logger } from 'pino';
import type { OperatorOptions } from './options.ts';
import { pino } from 'pino';

/** One JSON object a line: `level` as a word, `ts` in ISO 8601, `msg`, and what the message is about. */
export function createLogger(
  { logLevel, version }: { readonly logLevel: OperatorOptions['logLevel']; readonly version: string },
  stream: DestinationStream,
): Logger {
  return pino(
    {
      level: logLevel,
      base: { version },
      formatters: { level: (level) => ({ level }) },
      timestamp: () => `,"ts":"${new Date().toISOString()}"`,
    },
    stream,
  );
}
