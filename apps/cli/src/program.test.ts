import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { load, loadAll } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import { createProgram } from './program.ts';
import { reportError } from './report-error.ts';
import { version } from './version.ts';

interface Outcome {
  readonly exitCode: number;
  readonly result: string;
  readonly notes: string;
}

/** Runs a command as main.ts does, with its output kept. */
async function kaito(...args: readonly string[]): Promise<Outcome> {
  const result: string[] = [];
  const notes: string[] = [];
  const context = {
    environment: { HOME: folder, XDG_STATE_HOME: folder },
    writeResult: (text: string) => void result.push(text),
    writeNote: (text: string) => void notes.push(text),
    signal: new AbortController().signal,
  };
  let exitCode = 0;
  try {
    const program = createProgram(context);
    program.configureOutput({ writeOut: context.writeResult, writeErr: context.writeNote });
    for (const each of program.commands)
      each.configureOutput({ writeOut: context.writeResult, writeErr: context.writeNote });
    await program.parseAsync(['node', 'kaito', ...args]);
  } catch (error) {
    exitCode = reportError(error, context);
  }
  return { exitCode, result: result.join(''), notes: notes.join('') };
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaito-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

function listItem(name: string, preset: string): string {
  return `- apiVersion: kaito.sh/v1beta1\n  kind: Workspace\n  metadata: {name: ${name}}\n  resource: {labelSelector: {matchLabels: {a: b}}}\n  inference:\n    ${preset}: {name: phi-4}\n`;
}

const examples = fileURLToPath(new URL('../../../examples/demo', import.meta.url));

test('the version is that of the package', () => {
  expect(version).toBe(manifest.version);
});

describe('kaito validate', () => {
  test('accepts the demo', async () => {
    const { exitCode, result } = await kaito('validate', '-f', join(examples, 'workspace-pirate.yaml'));
    expect({ exitCode, result }).toMatchObject({
      exitCode: 0,
      result: expect.stringContaining('Workspace/demo is valid'),
    });
  });

  test('names file, line and column of a tab in YAML', async () => {
    const path = await file(
      'tab.yaml',
      'apiVersion: kaito.sh/v1beta1\nkind: Workspace\nmetadata:\n\tname: x\n',
    );
    const { exitCode, notes } = await kaito('validate', '-f', path);
    expect(exitCode).toBe(2);
    expect(notes).toContain(`${path}:4:`);
  });

  test('names file, line and path of an unknown field, and the nearest known one', async () => {
    const path = await file(
      'unknown.yaml',
      'apiVersion: kaito.sh/v1beta1\nkind: Workspace\nmetadata: {name: x}\nresource: {labelSelector: {}}\ninference:\n  presett: {name: phi-4}\n',
    );
    const { exitCode, result } = await kaito('validate', '-f', path);
    expect(exitCode).toBe(2);
    expect(result).toMatch(/unknown\.yaml:6:\d+: inference\.presett: .*preset/);
  });

  test('prints issues for machines', async () => {
    const path = await file(
      'strength.yaml',
      'apiVersion: kaito.sh/v1beta1\nkind: Workspace\nmetadata: {name: x}\nresource: {labelSelector: {matchLabels: {a: b}}}\ninference:\n  preset: {name: phi-4}\n  adapters:\n    - source: {name: a, image: "x/a:1"}\n      strength: "2"\n',
    );
    const { exitCode, result } = await kaito('validate', '-f', path, '-o', 'json');
    expect(exitCode).toBe(2);
    expect(JSON.parse(result)).toMatchObject([
      { valid: false, name: 'x', issues: [{ path: 'inference.adapters[0].strength', line: 9 }] },
    ]);
  });

  test('reads every item of a List, and passes over kinds of other groups', async () => {
    const path = await file(
      'list.yaml',
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n---\napiVersion: v1\nkind: List\nitems:\n${listItem('good', 'preset')}${listItem('bad', 'presett')}`,
    );
    const { exitCode, result } = await kaito('validate', '-f', path);
    expect(exitCode).toBe(2);
    expect(result).toContain('ConfigMap/c is not of kaito.sh and was passed over');
    expect(result).toContain('Workspace/good is valid');
    expect(result).toMatch(/list\.yaml:19:\d+: inference\.presett: .*preset/);
  });

  test('reads the inference_config.yaml of a ConfigMap', async () => {
    const path = await file(
      'config-map.yaml',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  inference_config.yaml: |\n    vllm: [1]\n',
    );
    const { exitCode, result } = await kaito('validate', '-f', path);
    expect(exitCode).toBe(2);
    expect(result).toMatch(/data\["inference_config\.yaml"\]: line 1: vllm: /);
  });

  test.each([
    [
      'phi-4',
      'max-modle-len: 5',
      2,
      /ConfigMap\/c: .*max-modle-len: is no flag of vllm .*did you mean max-model-len/,
    ],
    ['phi-4', 'port: 80', 2, /vllm\.port: cannot be set: the launcher owns/],
    ['my-own', 'max-model-len: 5', 0, /warning: .*"my-own" names no model of the catalogue/],
    ['phi-4', 'max-model-len: 4K', 0, /Workspace\/x is valid/],
  ])('of %s with %s says what the operator would', async (model, flags, code, said) => {
    const path = await file(
      'served.yaml',
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {inference_config.yaml: "vllm: {${flags}}"}\n---\napiVersion: kaito.sh/v1beta1\nkind: Workspace\nmetadata: {name: x}\nresource: {labelSelector: {matchLabels: {a: b}}}\ninference: {preset: {name: ${model}}, config: c}\n`,
    );
    const { exitCode, result } = await kaito('validate', '-f', path);
    expect([exitCode, result]).toEqual([code, expect.stringMatching(said)]);
  });

  test('a file that is not there is the caller’s mistake', async () => {
    const { exitCode, notes } = await kaito('validate', '-f', join(folder, 'absent.yaml'));
    expect(exitCode).toBe(2);
    expect(notes).toContain('next: check the path');
  });
});

describe('kaito render', () => {
  test('prints the workload and the Service of the demo on a CPU node', async () => {
    const { exitCode, result } = await kaito(
      ...[
        'render',
        '-f',
        join(examples, 'workspace-pirate.yaml'),
        '--default-runtime',
        'llamacpp',
        '-o',
        'yaml',
      ],
    );
    expect(exitCode).toBe(0);
    const objects = load(result) as readonly { kind: string; metadata: { name: string } }[];
    expect(objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toEqual([
      'Service/demo',
      'Deployment/demo',
    ]);
  });

  test('says why there is nothing to print', async () => {
    const path = await file(
      'preset.yaml',
      'apiVersion: kaito.sh/v1beta1\nkind: Workspace\nmetadata: {name: x}\nresource: {labelSelector: {matchLabels: {kubernetes.io/os: linux}}}\ninference: {preset: {name: own-tiny-qwen3}}\n',
    );
    const { exitCode, notes } = await kaito('render', '-f', path);
    expect(exitCode).toBe(2);
    expect(notes).toContain('own-tiny-qwen2');
  });
});

test('kaito crds prints every definition as a YAML document', async () => {
  const { result } = await kaito('crds');
  expect(loadAll(result)).toMatchObject([
    { kind: 'CustomResourceDefinition', metadata: { name: 'workspaces.kaito.sh' } },
  ]);
});

describe('kaito adapters', () => {
  const adapter = fileURLToPath(new URL('../../../tools/demo-model/own-pirate', import.meta.url));

  test('inspect says ranks and scales', async () => {
    const { result } = await kaito('adapters', 'inspect', adapter, '-o', 'json');
    expect(JSON.parse(result)).toMatchObject({ usable: true, rank: 8, alpha: 16, modules: 21 });
  });

  test('fuse writes an adapter that inspect can read', async () => {
    const out = join(folder, 'fused');
    const shout = adapter.replace('own-pirate', 'own-shout');
    expect(
      await kaito('adapters', 'fuse', '--adapter', `${adapter}:0.5`, '--adapter', `${shout}:1`, '--out', out),
    ).toMatchObject({ exitCode: 0 });
    expect(JSON.parse((await kaito('adapters', 'inspect', out, '-o', 'json')).result)).toMatchObject({
      usable: true,
      rank: 16,
    });
  });

  test.each([
    ['a strength of 3', [':3'], /from 0 to 1/],
    ['a folder without adapter', ['-absent:1'], /adapter_config\.json/],
  ])('fuse refuses %s', async (_what, [suffix], message) => {
    const { exitCode, notes } = await kaito(
      'adapters',
      'fuse',
      '--adapter',
      `${adapter}${suffix}`,
      '--out',
      join(folder, 'x'),
    );
    expect(exitCode).toBe(2);
    expect(notes).toMatch(message);
  });
});

test('kaito images keeps what it was given', async () => {
  const adapter = fileURLToPath(new URL('../../../tools/demo-model/own-pirate', import.meta.url));
  await kaito('images', 'build', adapter, '--tag', 'test/pirate:1', '--at', '/data');
  const { result } = await kaito('images', 'list', '-o', 'json');
  expect(JSON.parse(result)).toMatchObject([{ reference: 'test/pirate:1' }]);
});

test('an unknown command and an unknown option are the caller’s mistakes', async () => {
  expect(await kaito('serve')).toMatchObject({ exitCode: 2 });
  expect(await kaito('crds', '--no-such-option')).toMatchObject({ exitCode: 2 });
});

test('status of a system that was never started says how to start one', async () => {
  const { exitCode, notes } = await kaito('status', '--system', '--state', join(folder, 'none'));
  expect(exitCode).toBe(1);
  expect(notes).toContain('kaito up');
});
