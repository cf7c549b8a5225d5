import { createRequire } from 'node:module';
import { dirname } from 'node:path';

const require = createRequire(import.meta.url);

/** The folder of an installed package of ours, the same whether we run from source, from a bundle or from npm. */
export function packageFolder(name: string): string {
  return dirname(require.resolve(`${name}/package.json`));
}
