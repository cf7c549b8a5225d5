import type { Container, PodSpec } from '../kubernetes.ts';
import { describe, expect, test } from 'vitest';
import { buildInference } from '../inference.ts';
import { goldenCases } from './cases.test.data.ts';

/** What a node agent may have to translate: mount paths of the pod, and the top level of the images we run. */
const imageRoots = ['/launcher', '/data', '/kaito'];

interface Value {
  readonly where: string;
  readonly text: string;
}

describe('the path rule: a path is a whole argument or value, or what follows the first =', () => {
  test.each(Object.entries(goldenCases))('%s', (_name, input) => {
    const specs = buildInference(input).flatMap(podSpec);
    expect(specs).toHaveLength(1);
    const known = [...imageRoots, ...specs.flatMap(mountPaths)];
    const offenders = specs
      .flatMap(containers)
      .flatMap(values)
      .filter(({ text }) => hidesPath(text, known));
    expect(offenders).toEqual([]);
  });

  test('the check itself finds a hidden path', () => {
    const known = ['/mnt/adapter'];
    expect(hidesPath('/mnt/adapter/x', known)).toBe(false);
    expect(hidesPath('--lora=/mnt/adapter/x', known)).toBe(false);
    expect(hidesPath('{"dir":"/mnt/adapter"}', known)).toBe(true);
    expect(hidesPath('cp /mnt/adapter/x .', known)).toBe(true);
    expect(hidesPath('a=/mnt/adapter b=/mnt/adapter', known)).toBe(true);
  });
});

/** True when a known path is left over after the one that may stand at the start or after the first `=`. */
function hidesPath(text: string, known: readonly string[]): boolean {
  const equals = text.indexOf('=');
  const candidates = equals < 0 ? [text] : [text, text.slice(equals + 1)];
  const path = new RegExp(`(?<![\\w./-])(?:${known.join('|')})(?![\\w.-])`, 'g');
  const mentions = text.match(path)?.length ?? 0;
  const allowed = candidates.some((candidate) => candidate.search(path) === 0) ? 1 : 0;
  return mentions > allowed;
}

function podSpec(object: ReturnType<typeof buildInference>[number]): PodSpec[] {
  if (object.kind === 'Service') return [];
  const spec = object.spec as { template?: { spec?: PodSpec } } | undefined;
  return spec?.template?.spec === undefined ? [] : [spec.template.spec];
}

function containers(spec: PodSpec): Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers];
}

function mountPaths(spec: PodSpec): string[] {
  return containers(spec).flatMap(({ volumeMounts }) =>
    (volumeMounts ?? []).map(({ mountPath }) => mountPath),
  );
}

function values(container: Container): Value[] {
  return [
    ...[...(container.command ?? []), ...(container.args ?? [])].map((text) => ({
      where: container.name,
      text,
    })),
    ...(container.env ?? []).map(({ name, value }) => ({
      where: `${container.name}.${name}`,
      text: value ?? '',
    })),
  ];
}
