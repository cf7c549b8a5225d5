/** What this package logs through; pino's loggers fit. Messages are constant, what varies is in the fields. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

function nothing(): void {}

export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
