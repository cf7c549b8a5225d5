import { describe, expect, it } from 'vitest';
import { presetWorkspace, tuningWorkspace } from './cases/builders.test.fixture.ts';
import { parseInferenceConfig } from './config/inference-config.ts';
import { parseTrainingConfig } from './config/training-config.ts';
import { formatFieldPath, parseFieldPath } from './issues/field-path.ts';
import { readManifest } from './manifest.ts';
import { parseWorkspace } from './parse/parse-workspace.ts';
import { validateWorkspaceCreate } from './validate/create.ts';
import { validateWorkspaceUpdate } from './validate/update.ts';
import { parseYamlDocuments } from './yaml/located-document.ts';
import { YamlSyntaxError } from './yaml/yaml-syntax-error.ts';

type Random = () => number;

const rounds = 400;
const seeds = Array.from({ length: 8 }, (_, index) => index + 1);

describe.each(seeds)('random input, seed %i', (seed) => {
  it('is answered with issues that have a path and a sentence, or is valid', () => {
    const random = generator(seed);
    for (let round = 0; round < rounds; round++) {
      const input = mutate(random() < 0.5 ? presetWorkspace() : tuningWorkspace(), random);
      const parsed = parseWorkspace(input);
      const issues = parsed.ok ? validateWorkspaceCreate(parsed.value) : parsed.issues;
      expect(parsed.ok || issues.length > 0).toBe(true);
      for (const { path, message } of issues) {
        expect(message).not.toBe('');
        expect(formatFieldPath(parseFieldPath(path))).toBe(path);
      }
      const unchanged = parsed.ok ? validateWorkspaceUpdate(parsed.value, parsed.value) : [];
      expect(unchanged).toEqual([]);
    }
  });

  it('is sorted by what it is', () => {
    const random = generator(seed);
    for (let round = 0; round < rounds; round++) {
      expect(['workspace', 'notServed', 'other', 'malformed']).toContain(
        readManifest(anything(random, 3)).kind,
      );
    }
  });

  it('as text throws nothing but a YAML error', () => {
    const random = generator(seed);
    for (let round = 0; round < rounds; round++) {
      const text = randomText(random);
      expect(yamlOutcome(text)).toBeOneOf(['read', 'refused']);
      expect(parseInferenceConfig(text).issues).toBeInstanceOf(Array);
      expect(parseTrainingConfig(text, 'qlora').issues).toBeInstanceOf(Array);
    }
  });
});

it('a value that contains itself is answered too', () => {
  const cyclic: Record<string, unknown> = { ...presetWorkspace() };
  cyclic['inference'] = { template: cyclic };
  expect(parseWorkspace(cyclic).ok).toBe(true);
  const parsed = parseWorkspace(cyclic);
  expect(parsed.ok && validateWorkspaceCreate(parsed.value)).not.toEqual([]);
});

it('very long text is answered quickly', { timeout: 120_000 }, () => {
  const long = 'a.'.repeat(500_000);
  const input = presetWorkspace({
    metadata: { name: long },
    resource: { instanceType: long, labelSelector: { matchLabels: { [long]: long } } },
    inference: { preset: { name: long }, [long]: 1 },
  });
  const before = process.cpuUsage();
  expect(parseWorkspace(input).ok).toBe(false);
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1_000_000).toBeLessThan(20);
});

function yamlOutcome(text: string): 'read' | 'refused' {
  try {
    for (const document of parseYamlDocuments(text)) document.positionOf(['a', 0, 'b']);
    return 'read';
  } catch (error) {
    if (error instanceof YamlSyntaxError) return 'refused';
    throw error;
  }
}

/** Mulberry32: the same numbers for the same seed. */
function generator(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function pick<T>(random: Random, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)] as T;
}

const scalars = [
  '',
  'x',
  'kaito.sh/v1beta1',
  'Workspace',
  '<your-x>',
  '0.5',
  '\u0000',
  '💥',
  0,
  -1,
  1e308,
  Number.NaN,
  true,
  null,
  undefined,
];
const keys = [
  'apiVersion',
  'kind',
  'metadata',
  'name',
  'resource',
  'inference',
  'adapters',
  'source',
  '__proto__',
  'constructor',
  'toString',
  'a.b[0]',
  '',
];

function anything(random: Random, depth: number): unknown {
  const kind = depth === 0 ? 0 : random();
  if (kind < 0.5) return pick(random, scalars);
  const size = Math.floor(random() * 4);
  if (kind < 0.7) return Array.from({ length: size }, () => anything(random, depth - 1));
  return Object.fromEntries(
    Array.from({ length: size }, () => [pick(random, keys), anything(random, depth - 1)]),
  );
}

/** Replaces, removes or adds something somewhere in a valid manifest. */
function mutate(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random() < 0.1) return anything(random, 2);
  if (Array.isArray(value))
    return value.map((item) => (random() < 0.3 ? mutate(item, random) : (item as unknown)));
  const entries = Object.entries(value).map(
    ([key, item]) => [key, random() < 0.3 ? mutate(item, random) : item] as const,
  );
  const extra = random() < 0.1 ? [[pick(random, keys), anything(random, 2)] as const] : [];
  return Object.fromEntries([...entries, ...extra]);
}

const fragments = [
  'vllm',
  'training_config',
  'a',
  ': ',
  ':',
  '\n',
  '\n  ',
  '- ',
  '[',
  ']',
  '{',
  '}',
  ', ',
  '&a ',
  '*a',
  '"',
  "'",
  '|',
  '\t',
  '---\n',
  '<<',
  '!!',
  '#',
  '1',
  '\u0000',
  '\uFEFF',
];

function randomText(random: Random): string {
  return Array.from({ length: Math.floor(random() * 14) }, () => pick(random, fragments)).join('');
}
