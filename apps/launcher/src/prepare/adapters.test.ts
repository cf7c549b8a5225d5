import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fuseAdapters, openSafetensors, readPeftAdapter, writePeftAdapter } from '@kaito-ts/adapter-merge';
import { expect, onTestFinished, test } from 'vitest';
import { engineOf } from '../engines/index.ts';
import type { Settings } from '../settings/settings.ts';
import { demoModelDirectory, testSettings } from '../testing/harness.ts';
import { prepareAdapters, type AdapterResult } from './adapters.ts';

/** A folder as a pod has it: the demo model in both formats, its adapters, scratch space. */
function pod(overrides: Partial<Settings> = {}): Settings {
  const folder = mkdtempSync(join(tmpdir(), 'launcher-adapters-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const weights = join(folder, 'weights');
  cpSync(join(demoModelDirectory, 'own-base'), weights, { recursive: true });
  cpSync(join(demoModelDirectory, 'own-base.gguf'), join(weights, 'model.gguf'));
  for (const name of ['own-pirate', 'own-shout']) {
    cpSync(join(demoModelDirectory, name), join(folder, 'adapters', name), { recursive: true });
  }
  const work = join(folder, 'work');
  mkdirSync(work);
  return testSettings(folder, {
    model: weights,
    adaptersDirectory: join(folder, 'adapters'),
    adapters: [
      { name: 'own-pirate', strength: 0.6 },
      { name: 'own-shout', strength: 0.6 },
    ],
    ...overrides,
  });
}

async function prepared(settings: Settings): Promise<AdapterResult> {
  return prepareAdapters(settings, engineOf(settings.engine));
}

test('vllm: the sum under the model’s name, each adapter alone at strength 1 under its own', async () => {
  const settings = pod();
  const { delivery, warnings } = await prepared(settings);
  expect(warnings).toEqual([]);
  expect(delivery).toMatchObject({
    kind: 'peftModules',
    model: settings.model,
    rank: 16,
    modules: [{ name: 'own' }, { name: 'own-pirate' }, { name: 'own-shout' }],
  });
  if (delivery.kind !== 'peftModules') throw new Error(delivery.kind);
  const [sum, alone] = delivery.modules.map(({ path }) => path);
  expect(JSON.parse(readFileSync(join(sum ?? '', 'adapter_config.json'), 'utf8'))).toMatchObject({
    r: 16,
    lora_alpha: 16,
  });
  expect(JSON.parse(readFileSync(join(alone ?? '', 'adapter_config.json'), 'utf8'))).toMatchObject({
    r: 8,
    lora_alpha: 8,
  });
});

test('llamacpp: the sum as one GGUF file, the base file found by its ending', async () => {
  const settings = pod({ engine: 'llamacpp' });
  const { delivery } = await prepared(settings);
  expect(delivery).toMatchObject({ kind: 'ggufAdapter', model: join(settings.model, 'model.gguf') });
  if (delivery.kind !== 'ggufAdapter') throw new Error(delivery.kind);
  expect(readFileSync(delivery.file).subarray(0, 4).toString()).toBe('GGUF');
});

test('transformers: a copy of the base with the sum in its weights', async () => {
  const settings = pod({ engine: 'transformers' });
  const { delivery } = await prepared(settings);
  expect(delivery).toEqual({ kind: 'plain', model: join(settings.workDirectory, 'merged-model') });
  const merged = await openSafetensors(join(delivery.model, 'model.safetensors'));
  expect(merged.path).toContain('merged-model');
});

test.each(['vllm', 'llamacpp', 'transformers'] as const)(
  '%s: all strengths 0 is the plain base',
  async (engine) => {
    const settings = pod({ engine, adapters: [{ name: 'own-pirate', strength: 0 }] });
    expect((await prepared(settings)).delivery).toMatchObject({ kind: 'plain' });
  },
);

test('an adapter with the name of the model cannot be asked for alone, and this is said', async () => {
  const settings = pod({ modelName: 'own-pirate' });
  const { delivery, warnings } = await prepared(settings);
  expect(delivery).toMatchObject({ modules: [{ name: 'own-pirate' }, { name: 'own-shout' }] });
  expect(warnings).toEqual([
    'adapter own-pirate has a name of the model itself, so it cannot be asked for alone',
  ]);
});

interface Damage {
  readonly what: string;
  readonly damage: (adapter: string, settings: Settings) => void | Promise<void>;
  readonly message: RegExp;
}

const damages: readonly Damage[] = [
  {
    what: 'no folder at all',
    damage: (adapter) => rmSync(adapter, { recursive: true }),
    message: /own-pirate\/adapter_config\.json/u,
  },
  {
    what: 'no adapter_config.json',
    damage: (adapter) => rmSync(join(adapter, 'adapter_config.json')),
    message: /own-pirate\/adapter_config\.json/u,
  },
  {
    what: 'no weights',
    damage: (adapter) => rmSync(join(adapter, 'adapter_model.safetensors')),
    message: /own-pirate/u,
  },
  {
    what: 'truncated weights',
    damage: (adapter) => truncateSync(join(adapter, 'adapter_model.safetensors'), 100_000),
    message: /own-pirate\/adapter_model\.safetensors/u,
  },
  {
    what: 'a number that is none',
    damage: (adapter) => {
      const file = join(adapter, 'adapter_model.safetensors');
      const bytes = readFileSync(file);
      bytes.writeFloatLE(Number.NaN, bytes.length - 4);
      writeFileSync(file, bytes);
    },
    message: /adapter_model\.safetensors: tensor base_model\.model\.model\.layers.*lora_/u,
  },
  {
    what: 'shapes of another model',
    damage: async (adapter, settings) => {
      const file = join(settings.model, 'model.safetensors');
      const text = readFileSync(file);
      const headerLength = Number(text.readBigUInt64LE(0));
      const header = text.subarray(8, 8 + headerLength).toString();
      const changed = header.replace(
        /("model\.layers\.0\.mlp\.down_proj\.weight":\{"dtype":"\w+","shape":)\[128,352\]/u,
        '$1[352,128]',
      );
      expect(changed).not.toBe(header);
      writeFileSync(
        file,
        Buffer.concat([text.subarray(0, 8), Buffer.from(changed), text.subarray(8 + headerLength)]),
      );
      await readPeftAdapter(adapter);
    },
    message: /adapter_model\.safetensors: tensor .*layers\.0\.mlp\.down_proj/u,
  },
];

test.each(damages)('$what is AdapterInvalid, with the file and the tensor', async ({ damage, message }) => {
  const settings = pod();
  await damage(join(settings.adaptersDirectory ?? '', 'own-pirate'), settings);
  await expect(prepared(settings)).rejects.toMatchObject({
    failureClass: 'AdapterInvalid',
    message: expect.stringMatching(message) as string,
    hint: expect.stringMatching(/\w/u) as string,
  });
});

test('a fused adapter reads back as a PEFT adapter that can be fused again', async () => {
  const settings = pod();
  const { delivery } = await prepared(settings);
  if (delivery.kind !== 'peftModules') throw new Error(delivery.kind);
  const adapter = await readPeftAdapter(delivery.modules[0]?.path ?? '');
  const again = join(settings.workDirectory, 'again');
  await writePeftAdapter(fuseAdapters([{ adapter, strength: 1 }]), again);
  expect(readFileSync(join(again, 'adapter_model.safetensors'))).toEqual(
    readFileSync(join(delivery.modules[0]?.path ?? '', 'adapter_model.safetensors')),
  );
});

test('weights that are not there are ModelNotFound, not the adapter’s fault', async () => {
  const settings = pod({ model: '/nowhere', adapters: [] });
  await expect(prepared(settings)).rejects.toMatchObject({ failureClass: 'ModelNotFound' });
});
