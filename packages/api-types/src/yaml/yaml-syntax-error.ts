/** Thrown when text is not YAML. */
export class YamlSyntaxError extends Error {
  readonly code = 'YAML_SYNTAX';
  /** What is wrong, without the place. */
  readonly reason: string;
  readonly line: number;
  readonly column: number;
  readonly filename: string | undefined;

  constructor(
    reason: string,
    position: YamlPosition,
    options: { readonly filename?: string | undefined; readonly cause?: unknown } = {},
  ) {
    const where = `${options.filename ?? 'line'}${options.filename === undefined ? ' ' : ':'}${position.line}:${position.column}`;
    super(`${where}: ${reason}`, { cause: options.cause });
    this.name = 'YamlSyntaxError';
    this.reason = reason;
    this.line = position.line;
    this.column = position.column;
    this.filename = options.filename;
  }
}

/** 1-based place in a text. */
export interface YamlPosition {
  readonly line: number;
  readonly column: number;
}
