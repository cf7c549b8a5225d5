import { isFields } from '../json.ts';

type Step = (values: readonly unknown[]) => readonly unknown[];

/** The part of JSONPath that printer columns use: fields, indexes, `[*]` and `[?(@.a=="b")]`. */
export function compileJsonPath(path: string): (object: unknown) => readonly unknown[] {
  const steps: Step[] = [];
  const token =
    /\.((?:[^.[\\]|\\.)+)|\[\s*(?:(\d+)|(\*)|'([^']*)'|"([^"]*)"|\?\(\s*@\.([\w.]+)\s*==\s*["']([^"']*)["']\s*\))\s*\]/gy;
  let end = 0;
  for (let match = token.exec(path); match; match = token.exec(path)) {
    end = token.lastIndex;
    steps.push(stepOf(match));
  }
  if (end !== path.length) return () => [];
  return (object) => steps.reduce<readonly unknown[]>((values, step) => step(values), [object]);
}

function stepOf([, field, index, star, single, double, filter, wanted]: readonly (
  | string
  | undefined
)[]): Step {
  const name = field?.replaceAll(/\\(.)/g, '$1') ?? single ?? double;
  if (name !== undefined)
    return (values) => values.flatMap((value) => (isFields(value) && name in value ? [value[name]] : []));
  if (index !== undefined)
    return (values) =>
      values.flatMap((value) => (Array.isArray(value) ? value.slice(Number(index), Number(index) + 1) : []));
  if (star !== undefined) return items;
  const below = compileJsonPath(`.${filter ?? ''}`);
  return (values) => items(values).filter((item) => below(item)[0] === wanted);
}

function items(values: readonly unknown[]): readonly unknown[] {
  return values.flatMap((value) => (Array.isArray(value) ? value : []));
}
