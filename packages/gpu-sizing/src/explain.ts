import { formatGiB } from './bytes.ts';
import type { DerivationStep, Sizing } from './sizing.ts';

/** The account as text, one line per step. */
export function explain(sizing: Sizing): string {
  const lines = sizing.derivation.map(
    (step) => `${step.quantity.padEnd(20)} ${valueText(step).padStart(16)}  ${step.how}`,
  );
  return [...lines, ...sizing.reasons].join('\n');
}

function valueText({ value, unit }: DerivationStep): string {
  if (unit === 'bytes') return formatGiB(value);
  return unit === 'bytes per token' ? `${value} B/token` : `${value} ${unit}`;
}
