import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  fuseAdapters,
  mergeIntoBase,
  readBaseShapes,
  writeGgufAdapter,
  writePeftAdapter,
} from '@kaito-ts/adapter-merge';
import type { AdapterDelivery, Delivery } from '../engines/engine.ts';
import { failureClasses, LauncherError } from '../failure/failure.ts';
import { isLocalModel } from '../engines/engine.ts';
import type { Settings } from '../settings/settings.ts';
import type { NamedAdapter } from './adapters.ts';

interface DeliveryInput {
  readonly settings: Settings;
  readonly adapters: readonly NamedAdapter[];
  readonly model: string;
}

/** One procedure for each way in which a runtime takes adapters. */
export const deliveries: Readonly<Record<AdapterDelivery, (input: DeliveryInput) => Promise<Delivery>>> = {
  peftModules: deliverPeftModules,
  mergedModel: deliverMergedModel,
  ggufAdapter: deliverGgufAdapter,
};

/** The sum under the model's name, then each adapter at strength 1 under its own. */
async function deliverPeftModules({ settings, adapters, model }: DeliveryInput): Promise<Delivery> {
  const folder = await freshFolder(settings, 'adapters');
  const taken = new Set([settings.modelName, `${settings.modelName}-base`]);
  const sets = [
    { name: settings.modelName, folder: 'fused', sources: adapters },
    ...adapters
      .filter(({ name }) => !taken.has(name))
      .map((adapter) => ({
        name: adapter.name,
        folder: `alone-${adapter.name}`,
        sources: [{ ...adapter, strength: 1 }],
      })),
  ];
  const modules: { name: string; path: string }[] = [];
  let rank = 0;
  for (const set of sets) {
    const path = join(folder, set.folder);
    const fused = fuseAdapters(set.sources);
    await writePeftAdapter(fused, path);
    rank = Math.max(rank, fused.rank);
    modules.push({ name: set.name, path });
  }
  return { kind: 'peftModules', model, modules, rank };
}

/** A copy of the base with the sum added; its weights are written once per revision of the pod. */
async function deliverMergedModel({ settings, adapters, model }: DeliveryInput): Promise<Delivery> {
  if (!isLocalModel(settings)) {
    throw new LauncherError(
      failureClasses.configInvalid,
      `${settings.engine} takes adapters only merged into local weights, and ${settings.model} is a repository`,
      { hint: 'serve this Workspace with vllm, or bring the weights as an image or volume' },
    );
  }
  const outputDirectory = join(settings.workDirectory, 'merged-model');
  await mergeIntoBase({ baseDirectory: model, fused: fuseAdapters(adapters), outputDirectory });
  return { kind: 'plain', model: outputDirectory };
}

async function deliverGgufAdapter({ settings, adapters, model }: DeliveryInput): Promise<Delivery> {
  const folder = await freshFolder(settings, 'adapters');
  const file = join(folder, 'fused.gguf');
  await writeGgufAdapter(fuseAdapters(adapters), file, await readBaseShapes(model));
  return { kind: 'ggufAdapter', model, file };
}

/** The work volume outlives a restart of the container; what an earlier life left there is not ours. */
async function freshFolder(settings: Settings, name: string): Promise<string> {
  const folder = join(settings.workDirectory, name);
  await rm(folder, { recursive: true, force: true });
  return folder;
}
