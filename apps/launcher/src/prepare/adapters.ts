import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  checkAgainstBase,
  isAdapterError,
  isSafetensorsError,
  readBaseShapes,
  readPeftAdapter,
  type AdapterWithStrength,
} from '@kaito-ts/adapter-merge';
import { isLocalModel, type AdapterDelivery, type Delivery, type Engine } from '../engines/engine.ts';
import { failureClasses, LauncherError } from '../failure/failure.ts';
import type { Settings } from '../settings/settings.ts';
import { deliveries } from './deliveries.ts';

export interface NamedAdapter extends AdapterWithStrength {
  readonly name: string;
}

export interface AdapterResult {
  readonly delivery: Delivery;
  readonly warnings: readonly string[];
}

/** Reads and checks every adapter that the Workspace names, and lays them ready in the form that the engine takes. */
export async function prepareAdapters(settings: Settings, engine: Engine): Promise<AdapterResult> {
  const model = await locateModel(settings, engine.delivery);
  try {
    const adapters = await readAdapters(settings);
    const isPlain = adapters.every(({ strength }) => strength === 0);
    const warnings = isPlain ? [] : await checkBase({ settings, engine, adapters, model });
    if (isPlain) return { delivery: { kind: 'plain', model }, warnings };
    const delivery = await deliveries[engine.delivery]({ settings, adapters, model });
    return { delivery, warnings: [...warnings, ...nameClashes(settings, delivery)] };
  } catch (error) {
    throw asLauncherError(error);
  }
}

/** llama.cpp loads a file, the others a folder or a repository. */
async function locateModel(settings: Settings, delivery: AdapterDelivery): Promise<string> {
  if (!isLocalModel(settings)) {
    if (delivery !== 'ggufAdapter') return settings.model;
    throw modelNotFound(`${settings.engine} serves a .gguf file, and ${settings.model} is a repository`);
  }
  let files: readonly string[];
  try {
    files = await readdir(settings.model);
  } catch (error) {
    throw modelNotFound(`no weights in ${settings.model}: ${(error as Error).message}`, error);
  }
  if (delivery !== 'ggufAdapter') {
    if (files.includes('config.json')) return settings.model;
    throw modelNotFound(`${settings.model} holds no config.json`);
  }
  const candidates = files.filter((file) => file.endsWith('.gguf'));
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) return join(settings.model, only);
  throw modelNotFound(
    only === undefined
      ? `${settings.model} holds no .gguf file, which llama.cpp needs`
      : `${settings.model} holds several .gguf files: ${candidates.join(', ')}`,
  );
}

async function readAdapters(settings: Settings): Promise<readonly NamedAdapter[]> {
  const read: NamedAdapter[] = [];
  for (const { name, strength } of settings.adapters) {
    const adapter = await readPeftAdapter(join(settings.adaptersDirectory ?? '', name));
    read.push({ name, strength, adapter });
  }
  return read;
}

interface BaseCheck {
  readonly settings: Settings;
  readonly engine: Engine;
  readonly adapters: readonly NamedAdapter[];
  readonly model: string;
}

/** What the files of a base do not show may still exist for a runtime that renames, packs or converts when it loads. */
const runtimeMayKnowBetter: ReadonlySet<string> = new Set(['BaseTensorMissing', 'BaseInvalid']);

/** A wrong shape is always wrong; where the runtime itself applies the adapter, it has the last word on the rest. */
async function checkBase({ settings, engine, adapters, model }: BaseCheck): Promise<readonly string[]> {
  if (!isLocalModel(settings)) return [];
  const warnings: string[] = [];
  for (const { adapter } of adapters) {
    try {
      checkAgainstBase(adapter, await readBaseShapes(model));
    } catch (error) {
      const isJudgedLater = engine.delivery === 'peftModules' && isAdapterError(error);
      if (!isJudgedLater || !runtimeMayKnowBetter.has(error.code)) throw error;
      warnings.push(error.message);
    }
  }
  return warnings;
}

function nameClashes(settings: Settings, delivery: Delivery): readonly string[] {
  if (delivery.kind !== 'peftModules') return [];
  const served = new Set(delivery.modules.map(({ name }) => name));
  return settings.adapters
    .filter(({ name }) => name === settings.modelName || !served.has(name))
    .map(({ name }) => `adapter ${name} has a name of the model itself, so it cannot be asked for alone`);
}

function modelNotFound(message: string, cause?: unknown): LauncherError {
  return new LauncherError(failureClasses.modelNotFound, message, {
    hint: 'the image or volume of the model must hold its files where the preset says',
    cause,
  });
}

function asLauncherError(error: unknown): unknown {
  if (!isAdapterError(error) && !isSafetensorsError(error)) return error;
  const isBase = error.code === 'BaseInvalid';
  const failureClass = isBase ? failureClasses.modelNotFound : failureClasses.adapterInvalid;
  return new LauncherError(failureClass, error.message, { hint: error.hint, cause: error });
}
