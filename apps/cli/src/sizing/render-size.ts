import { renderTable } from '../output.ts';
import type { SizeAnswer } from './size-line.ts';

/** The account as a person reads it, in the order of vLLM's own log. */
export function renderSize(answer: SizeAnswer): string {
  const verdict = answer.fits ? 'fits' : `does not fit: ${answer.reasons.join('; ')}`;
  const table = renderTable(
    [
      { title: 'QUANTITY', value: (step) => step.quantity },
      { title: 'VALUE', value: (step) => step.value },
      { title: 'HOW', value: (step) => step.how },
    ],
    answer.derivation,
  );
  const notes = answer.warnings.map((warning) => `warning: ${warning}\n`).join('');
  return `${table}\nvLLM ${answer.runtimeVersion}: ${verdict}\nweights ${range(answer.weightsGiB)} GiB, KV cache ${range(answer.kvCacheGiB)} GiB\n${notes}`;
}

function range({ low, high }: { readonly low: number; readonly high: number }): string {
  return `${low.toFixed(2)} to ${high.toFixed(2)}`;
}
