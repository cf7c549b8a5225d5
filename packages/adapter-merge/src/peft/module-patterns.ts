import { runInNewContext } from 'node:vm';
import { AdapterError } from '../errors.ts';
import type { PeftConfig } from './config.ts';

/** A pattern comes from a stranger's file and may backtrack for ever. */
const timeoutMs = 1000;

/**
 * Rank and alpha of every module as the config says: a pattern key matches a module name when it matches its end
 * at a dot, as a regular expression, and the first matching key in the file's order wins.
 */
export function rankAndAlphaOf(
  modules: readonly string[],
  config: PeftConfig,
): ReadonlyMap<string, { readonly rank: number; readonly alpha: number }> {
  const ranks = matchFirst(modules, config.rankPattern, config.file);
  const alphas = matchFirst(modules, config.alphaPattern, config.file);
  return new Map(
    modules.map((module) => [
      module,
      { rank: ranks.get(module) ?? config.rank, alpha: alphas.get(module) ?? config.alpha },
    ]),
  );
}

function matchFirst(
  modules: readonly string[],
  pattern: ReadonlyMap<string, number>,
  file: string,
): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const [key, value] of pattern) {
    for (const module of matching(modules, key, file)) if (!found.has(module)) found.set(module, value);
  }
  return found;
}

function matching(modules: readonly string[], key: string, file: string): readonly string[] {
  if (/^\w+$/.test(key)) return modules.filter((module) => module === key || module.endsWith(`.${key}`));
  const source = `^(?:.*\\.)?(?:${key})$`;
  try {
    const context = { names: JSON.stringify(modules), source };
    const script =
      'const p = new RegExp(source); JSON.stringify(JSON.parse(names).filter((name) => p.test(name)))';
    return JSON.parse(runInNewContext(script, context, { timeout: timeoutMs }) as string) as string[];
  } catch (error) {
    throw new AdapterError(`pattern ${JSON.stringify(key)} cannot be used: ${(error as Error).message}`, {
      code: 'ConfigInvalid',
      file,
      hint: 'write rank_pattern and alpha_pattern with plain module names',
    });
  }
}
