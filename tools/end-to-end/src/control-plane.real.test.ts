import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kinds } from '@kaito-ts/kube-runtime';
import { describeBadInput } from './bad-input.ts';
import { startControlPlaneEngine } from './control-plane.ts';
import { shareEngine, type Engine } from './engine.ts';
import { describeRights } from './rights.ts';
import { describeScenarios } from './scenarios.ts';
import { urlOf } from './endpoint.ts';
import { apply, ask, deleteWorkspace, expectReady, onlyPodOf, podsOf } from './verbs.ts';
import { aWorkspace, sentences } from './workspace-builder.ts';

describe("under the chart's ServiceAccount", () => {
  const name = 'real control plane, process-kubelet, llama-server';
  const shared = shareEngine(() => startControlPlaneEngine('llamacpp'));
  afterAll(() => shared.close(), 300_000);

  describeScenarios(name, shared.start);
  describeBadInput(name, shared.start);
  describeRights(name, shared.start);
});

describe('real control plane, process-kubelet, the real runtimes', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startControlPlaneEngine('vllm');
  }, 1_200_000);
  afterAll(() => engine?.close(), 300_000);

  describe('vLLM', () => {
    beforeAll(async () => {
      const config = {
        'inference_config.yaml': 'vllm:\n  max-model-len: 512\n  enforce-eager: true\n  max-num-seqs: 3\n',
      };
      await engine.client.apply(
        kinds.configMaps,
        { metadata: { namespace: 'default', name: 'settings' }, data: config },
        { fieldManager: 'e2e', force: true },
      );
      await apply(
        engine,
        aWorkspace({ name: 'real', config: 'settings', adapters: [['own-pirate', '1.0']] }),
      );
      await expectReady(engine, 'real');
    }, 900_000);
    afterAll(() => deleteWorkspace(engine, 'real'), 300_000);

    test('answers with every adapter at its strength, behind the model’s own name', async () => {
      expect(await ask(engine, 'real')).toBe(sentences.pirate);
      expect(await ask(engine, 'real', { model: 'own-tiny-qwen2' })).toBe(sentences.pirate);
      expect(await ask(engine, 'real', { model: 'own-tiny-qwen2-base' })).toBe(sentences.base);
      expect(await ask(engine, 'real', { model: 'own-pirate' })).toBe(sentences.pirate);
      expect(await modelsOf(engine, 'real')).toEqual(
        expect.arrayContaining(['own-tiny-qwen2', 'own-tiny-qwen2-base', 'own-pirate']),
      );
      const log = await logOf(engine, 'real');
      expect(log).toMatch(/max_model_len['"]?[=:] ?512/);
      expect(log).toMatch(/max_num_seqs['"]?[=:] ?3/);
    }, 600_000);

    test('an edit to strength 0.25 brings the base sentence back, from a new pod', async () => {
      const [before] = await podsOf(engine, 'real');
      await apply(
        engine,
        aWorkspace({ name: 'real', config: 'settings', adapters: [['own-pirate', '0.25']] }),
      );
      await expectReady(engine, 'real');
      expect(await ask(engine, 'real')).toBe(sentences.base);
      expect((await onlyPodOf(engine, 'real')).metadata.uid).not.toBe(before?.metadata.uid);
    }, 1_200_000);
  });

  test('transformers serves the same Workspace, its adapter merged', async () => {
    await apply(
      engine,
      aWorkspace({ name: 'tf', runtime: 'transformers', adapters: [['own-pirate', '1.0']] }),
    );
    await expectReady(engine, 'tf');
    expect(await ask(engine, 'tf')).toBe(sentences.pirate);
    expect(await modelsOf(engine, 'tf')).toContain('own-tiny-qwen2');
    await deleteWorkspace(engine, 'tf');
  }, 1_200_000);
});

async function modelsOf(engine: Engine, name: string): Promise<readonly string[]> {
  const response = await fetch(`${await urlOf(engine, name)}/v1/models`);
  const { data } = (await response.json()) as { data: readonly { id: string }[] };
  return data.map(({ id }) => id);
}

async function logOf(engine: Engine, name: string): Promise<string> {
  const [pod] = await podsOf(engine, name);
  let text = '';
  for await (const piece of engine.client.logs({ namespace: 'default', name: pod?.metadata.name ?? '' }))
    text += piece;
  return text;
}
