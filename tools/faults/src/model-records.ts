import { readFile } from 'node:fs/promises';
import { kinds, type KubeClient } from '@kaito-ts/kube-runtime';
import { operatorNamespace } from './access.ts';
import { images } from './images.ts';

const demoRecord = new URL('../../../presets/models/own-tiny-qwen2.yaml', import.meta.url);
const place = { namespace: operatorNamespace, name: 'kaito-model-records' };

/** Where a model's weights are, as a record says it. */
type Source = Readonly<Record<string, string>>;

/** Models that are served as the demo's is, from other places. */
const sources: Readonly<Record<string, Source>> = {
  'faults-no-data': { kind: 'image', reference: images.empty },
  'faults-no-weights': { kind: 'image', reference: images.modelWithoutWeights },
  'faults-corrupt': { kind: 'image', reference: images.corruptModel },
  'faults-claim': { kind: 'persistentVolumeClaim', claimName: 'weights' },
  ...Object.fromEntries(
    ['driver', 'busy', 'cache', 'architecture', 'gpu', 'leaves', 'slow', 'memory', 'crash'].map((name) => [
      `faults-${name}`,
      { kind: 'image', reference: images.base },
    ]),
  ),
  'org/faults-gated': { kind: 'huggingface', repository: 'org/faults-gated' },
  'org/faults-offline': { kind: 'huggingface', repository: 'org/faults-offline' },
};

export async function putModelRecords(client: KubeClient): Promise<void> {
  const template = await readFile(demoRecord, 'utf8');
  const data = Object.fromEntries(
    Object.entries(sources).map(([name, source]) => [keyOf(name), recordText(template, name, source)]),
  );
  await client.create(kinds.configMaps, { metadata: place, data });
}

/** Corrects a record as its author would. */
export async function putModelRecord(client: KubeClient, name: string, source: Source): Promise<void> {
  const text = recordText(await readFile(demoRecord, 'utf8'), name, source);
  await client.patch(kinds.configMaps, place, { type: 'merge', value: { data: { [keyOf(name)]: text } } });
}

function keyOf(name: string): string {
  return `${name.replaceAll('/', '.')}.yaml`;
}

function recordText(template: string, name: string, source: Source): string {
  const lines = Object.entries(source).map(([key, value]) => `  ${key}: "${value}"`);
  return template
    .replace(/^name: .*$/m, `name: ${name}`)
    .replace(/^source:\n(?: {2}.*\n)+/m, `source:\n${lines.join('\n')}\n`);
}
