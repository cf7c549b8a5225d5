import { dump } from 'js-yaml';
import type { CommandContext } from './context.ts';

export const outputFormats = ['table', 'json', 'yaml'] as const;
export type OutputFormat = (typeof outputFormats)[number];

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
}

/** Prints `value` for machines, or what `table` makes of it for people. */
export function writeOutput(
  context: CommandContext,
  format: OutputFormat,
  value: unknown,
  table: () => string,
): void {
  if (format === 'json') context.writeResult(`${JSON.stringify(value, null, 2)}\n`);
  else if (format === 'yaml') context.writeResult(dump(value, { noRefs: true, lineWidth: -1 }));
  else context.writeResult(table());
}

/** Left-aligned columns, two spaces apart, the last one ragged. */
export function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map(({ value }) => value(row))),
  ];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}
