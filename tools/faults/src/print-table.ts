import type { Outcome } from './fault.ts';

const longestMessage = 110;

/** The table for people: one line a fault. */
export function printTable(outcomes: readonly Outcome[]): string {
  const header = ['fault', 'engine', 'first not True', 'reason', 'object', 'message', 'told after', 'healed'];
  const rows = outcomes.map((outcome) => cells(outcome));
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = widths.map((width) => '-'.repeat(width));
  return [line(header), line(rule), ...rows.map(line)].join('\n');
}

function cells({ fault, condition, reason, message, secondsToTell, healed }: Outcome): readonly string[] {
  const [object = '', ...cause] = (message ?? '').split(': ');
  return [
    fault.name,
    fault.engine,
    condition ?? '',
    reason ?? '',
    object,
    shorten(cause.join(': ').replaceAll('|', '/').replaceAll('\n', ' ')),
    secondsToTell === undefined ? '' : `${secondsToTell.toFixed(1)} s`,
    healed,
  ];
}

function shorten(text: string): string {
  return text.length <= longestMessage ? text : `${text.slice(0, longestMessage - 1)}…`;
}
