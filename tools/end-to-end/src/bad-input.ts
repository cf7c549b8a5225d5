import { cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { isInvalid, kinds, type KubeApiError } from '@kaito-ts/kube-runtime';
import { workspaces } from '@kaito-ts/cli';
import type { Engine } from './engine.ts';
import { apply, deleteWorkspace, expectCause, podsOf, type ExpectedCause } from './verbs.ts';
import { aWorkspace, type WorkspaceOverrides } from './workspace-builder.ts';

interface RefusedRow {
  readonly what: string;
  readonly workspace: WorkspaceOverrides;
  readonly path: RegExp;
}

const refusedByTheApiServer: readonly RefusedRow[] = [
  {
    what: 'preset and template both',
    workspace: { inference: { template: { spec: { containers: [{ name: 'x', image: 'x' }] } } } },
    path: /inference/,
  },
  {
    what: 'strength "abc"',
    workspace: { adapters: [['own-pirate', 'abc']] },
    path: /inference\.adapters\[0\]\.strength/,
  },
  {
    what: 'strength 2',
    workspace: { adapters: [['own-pirate', '2']] },
    path: /inference\.adapters\[0\]\.strength/,
  },
  {
    what: 'two adapters of one name',
    workspace: {
      adapters: [
        ['own-pirate', '1'],
        ['own-pirate', '0.5'],
      ],
    },
    path: /inference\.adapters/,
  },
];

interface ConditionRow {
  readonly what: string;
  readonly workspace: WorkspaceOverrides;
  /** Text of inference_config.yaml; undefined makes no ConfigMap. */
  readonly config?: string;
  readonly cause: ExpectedCause;
}

const refusedByTheOperator: readonly ConditionRow[] = [
  {
    what: 'an unknown preset',
    workspace: { preset: 'own-tiny-qwen3' },
    cause: { type: 'WorkspaceSucceeded', reason: 'ModelUnknown', message: /own-tiny-qwen3.*own-tiny-qwen2/s },
  },
  {
    what: 'a missing ConfigMap',
    workspace: { config: 'absent' },
    cause: {
      type: 'WorkspaceSucceeded',
      reason: 'ConfigMapNotFound',
      message: /ConfigMap\/absent: .*next: /,
    },
  },
  {
    what: 'a config that is no map',
    workspace: { config: 'settings' },
    config: '- a\n- b\n',
    cause: { type: 'WorkspaceSucceeded', reason: 'ConfigInvalid', message: /inference_config\.yaml:1:1/ },
  },
  {
    what: 'a misspelt flag',
    workspace: { config: 'settings', runtime: 'vllm' },
    config: 'vllm:\n  max-modle-len: 512\n',
    cause: {
      type: 'WorkspaceSucceeded',
      reason: 'ConfigInvalid',
      message: /inference_config\.yaml:2:3: vllm\.max-modle-len: .*max-model-len/,
    },
  },
  {
    what: 'a flag of the wrong type',
    workspace: { config: 'settings', runtime: 'vllm' },
    config: 'vllm:\n  max-model-len: many\n',
    cause: {
      type: 'WorkspaceSucceeded',
      reason: 'ConfigInvalid',
      message: /inference_config\.yaml:2:3: vllm\.max-model-len: .*number/,
    },
  },
];

const source = fileURLToPath(new URL('../../demo-model/own-pirate', import.meta.url));

interface BrokenAdapter {
  readonly what: string;
  readonly tag: string;
  readonly damage: (folder: string) => Promise<void>;
  readonly message: RegExp;
}

const refusedByTheLauncher: readonly BrokenAdapter[] = [
  {
    what: 'an adapter without config',
    tag: 'kaito-test/no-config:1',
    damage: (folder) => rm(join(folder, 'adapter_config.json')),
    message: /adapter_config\.json/,
  },
  {
    what: 'truncated safetensors',
    tag: 'kaito-test/truncated:1',
    damage: (folder) => truncate(join(folder, 'adapter_model.safetensors'), 100_000),
    message: /adapter_model\.safetensors/,
  },
  {
    what: 'an adapter of another shape',
    tag: 'kaito-test/other-shape:1',
    damage: async (folder) => rewriteTensors(folder, (tensors) => tensors.map((each) => widen(each))),
    message: /tensor .*(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)/,
  },
  {
    what: 'NaN in an adapter',
    tag: 'kaito-test/not-a-number:1',
    damage: async (folder) =>
      rewriteTensors(folder, (tensors) => tensors.map((each, at) => (at === 0 ? spoil(each) : each))),
    message: /adapter_model\.safetensors.*tensor/,
  },
];

/** The table of issue "From clone to answer": who says what about bad input. */
export function describeBadInput(name: string, start: () => Promise<Engine>): void {
  describe(`${name}: bad input`, () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await start();
    }, 1_200_000);
    afterEach(async () => {
      await deleteWorkspace(engine, 'bad');
      await engine.client
        .delete(kinds.configMaps, { namespace: 'default', name: 'settings' })
        .catch(() => {});
    }, 300_000);
    afterAll(() => engine?.close(), 300_000);

    test.each(refusedByTheApiServer)(
      '$what is refused by the API server, with its path',
      async ({ workspace, path }) => {
        const refusal = await engine.client
          .create(workspaces, aWorkspace({ name: 'bad', ...workspace }))
          .then(
            () => undefined,
            (error: unknown) => error,
          );
        expect(isInvalid(refusal)).toBe(true);
        expect((refusal as KubeApiError).message).toMatch(path);
      },
    );

    test.each(refusedByTheOperator)(
      '$what becomes a condition, and no workload',
      async ({ workspace, config, cause }) => {
        if (config !== undefined) await applyConfig(engine, config);
        await apply(engine, aWorkspace({ name: 'bad', ...workspace }));
        await expectCause(engine, 'bad', cause);
        const { items } = await engine.client.list(kinds.deployments, { namespace: 'default' });
        expect(items.filter(({ metadata }) => metadata.name === 'bad')).toEqual([]);
        expect(await podsOf(engine, 'bad')).toEqual([]);
      },
      600_000,
    );

    test.each(refusedByTheLauncher)(
      '$what is named in the condition by file and tensor',
      async ({ tag, damage, message }) => {
        await buildDamaged(engine, tag, damage);
        const adapter = { source: { name: 'broken', image: tag }, strength: '1.0' };
        await apply(engine, aWorkspace({ name: 'bad', inference: { adapters: [adapter] } }));
        await expectCause(engine, 'bad', { type: 'InferenceReady', reason: 'AdapterInvalid', message });
      },
      600_000,
    );
  });
}

async function applyConfig(engine: Engine, text: string): Promise<void> {
  const object = {
    metadata: { namespace: 'default', name: 'settings' },
    data: { 'inference_config.yaml': text },
  };
  await engine.client.apply(kinds.configMaps, object, { fieldManager: 'e2e', force: true });
}

async function buildDamaged(
  engine: Engine,
  tag: string,
  damage: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kaito-broken-'));
  try {
    await cp(source, folder, { recursive: true });
    await damage(folder);
    await engine.buildImage(tag, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface PlainTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Reads and writes safetensors by hand, so that the code under test does not vouch for itself. */
async function rewriteTensors(
  folder: string,
  change: (tensors: readonly PlainTensor[]) => readonly PlainTensor[],
): Promise<void> {
  const file = join(folder, 'adapter_model.safetensors');
  const bytes = await readFile(file);
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + headerLength).toString('utf8')) as Record<
    string,
    { shape: number[]; data_offsets: [number, number] }
  >;
  const tensors = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(
      ([
        name,
        {
          shape,
          data_offsets: [begin, end],
        },
      ]) => ({
        name,
        shape,
        data: new Float32Array(
          bytes.buffer.slice(
            bytes.byteOffset + 8 + headerLength + begin,
            bytes.byteOffset + 8 + headerLength + end,
          ),
        ),
      }),
    );
  let offset = 0;
  const changed = change(tensors);
  const entries = changed.map(({ name, shape, data }) => {
    const begin = offset;
    offset += data.byteLength;
    return [name, { dtype: 'F32', shape, data_offsets: [begin, offset] }] as const;
  });
  const text = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  await writeFile(
    file,
    Buffer.concat([length, text, ...changed.map(({ data }) => Buffer.from(data.buffer))]),
  );
}

function widen({ name, shape: [rows = 0, columns = 0], data }: PlainTensor): PlainTensor {
  if (!name.includes('lora_A')) return { name, shape: [rows, columns], data };
  return { name, shape: [rows, columns * 2], data: new Float32Array(data.length * 2) };
}

function spoil(tensor: PlainTensor): PlainTensor {
  const data = tensor.data.slice();
  data[0] = Number.NaN;
  return { ...tensor, data };
}
