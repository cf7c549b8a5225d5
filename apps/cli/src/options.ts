import { InvalidArgumentError, Option } from 'commander';
import { outputFormats, type OutputFormat } from './output.ts';

/** `-o json|yaml|table`, the same for every command that prints a result. */
export function outputOption(): Option {
  return new Option('-o, --output <format>', 'how to print the result')
    .choices(outputFormats)
    .default('table' satisfies OutputFormat);
}

export function kubeconfigOption(): Option {
  return new Option(
    '--kubeconfig <file>',
    'the cluster to talk to (default: KUBECONFIG, then kubectl’s own places)',
  );
}

export function namespaceOption(): Option {
  return new Option('-n, --namespace <name>', 'namespace (default: that of the kubeconfig’s context)');
}

export function stateOption(): Option {
  return new Option('--state <folder>', 'folder of the local system (default: XDG_STATE_HOME/kaito)');
}

/** For options that may be given several times. */
export function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}

export function readCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 0) return count;
  throw new InvalidArgumentError('give a whole number, 0 or more.');
}
