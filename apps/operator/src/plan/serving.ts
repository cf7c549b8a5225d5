import type { Workspace } from '@kaito-ts/api-types';
import type { SizingSettings } from '@kaito-ts/gpu-sizing';
import type { RuntimeChoice } from '@kaito-ts/manifest-builder';
import type { Catalogue, ModelRecord, RuntimeRecord } from '@kaito-ts/preset-catalog';
import type { Planned } from './cause.ts';
import type { ConfigObservation } from './observation.ts';
import { annotations, conditionReasons, runtimeNames } from '@kaito-ts/api-types';
import { planned, refused } from './cause.ts';
import { planConfig, type ServingConfig } from './config.ts';
import { sizingSettings } from './sizing-settings.ts';

export interface ServingSettings {
  readonly catalogue: Catalogue;
  readonly defaultRuntime: RuntimeChoice['engine'];
  readonly runtimeImages: ReadonlyMap<RuntimeChoice['engine'], string>;
}

/** What is to run, before it is known on which nodes. */
export type ServingPlan =
  | { readonly kind: 'template' }
  | {
      readonly kind: 'preset';
      readonly model: ModelRecord;
      readonly runtime: RuntimeChoice;
      readonly config: ServingConfig | undefined;
      readonly settings: SizingSettings;
    };

export function planServing(
  workspace: Workspace,
  config: ConfigObservation | undefined,
  settings: ServingSettings,
): Planned<ServingPlan> {
  const name = workspace.inference?.preset?.name;
  if (name === undefined) return planned({ kind: 'template' });
  const model = planModel(workspace, name, settings.catalogue);
  if (!model.ok) return model;
  const runtime = planRuntime(workspace, model.value, settings);
  if (!runtime.ok) return runtime;
  const checked = planConfig(workspace, config, runtime.value.record);
  if (!checked.ok) return checked;
  return planned({
    kind: 'preset',
    model: model.value,
    runtime: runtime.value.choice,
    config: checked.value,
    settings: sizingSettings({
      workspace,
      model: model.value,
      runtime: runtime.value.record,
      config: checked.value,
    }),
  });
}

function planModel(workspace: Workspace, name: string, catalogue: Catalogue): Planned<ModelRecord> {
  const resolution = catalogue.resolve(name);
  if (resolution.kind === 'resolved') return planned(resolution.record);
  return refused({
    reason: conditionReasons.ModelUnknown,
    object: `Workspace/${workspace.metadata.name}`,
    cause: `inference.preset.name: ${resolution.message}`,
    nextStep: resolution.nextStep,
  });
}

interface RuntimePlan {
  readonly choice: RuntimeChoice;
  readonly record: RuntimeRecord;
}

function planRuntime(
  workspace: Workspace,
  model: ModelRecord,
  settings: ServingSettings,
): Planned<RuntimePlan> {
  const object = `Workspace/${workspace.metadata.name}`;
  const asked = workspace.metadata.annotations?.[annotations.runtime];
  const engine =
    asked === undefined || asked === ''
      ? settings.defaultRuntime
      : runtimeNames.find((known) => known === asked);
  if (engine === undefined) {
    return refused({
      reason: conditionReasons.RuntimeUnsupported,
      object,
      cause: `annotation ${annotations.runtime}: no runtime is called ${JSON.stringify(asked)}`,
      nextStep: `use one of ${runtimeNames.join(', ')}`,
    });
  }
  if (!model.runtimes.includes(engine)) {
    return refused({
      reason: conditionReasons.RuntimeUnsupported,
      object,
      cause: `${engine} cannot serve ${model.name}`,
      nextStep: `set annotation ${annotations.runtime} to ${model.runtimes.join(' or ')}`,
    });
  }
  const image = settings.runtimeImages.get(engine);
  const record = runtimeOfImage(settings.catalogue, engine, image);
  return planned({
    choice: { engine, version: record.version, image: image ?? record.defaultImage },
    record,
  });
}

/** An image tagged with a version that the catalogue knows is taken at its word. */
function runtimeOfImage(
  catalogue: Catalogue,
  engine: RuntimeChoice['engine'],
  image: string | undefined,
): RuntimeRecord {
  const tag = /:v?([^:/@]+)(?:@.*)?$/.exec(image ?? '')?.[1];
  const tagged = tag === undefined ? undefined : catalogue.runtime(engine, tag);
  const record = tagged ?? catalogue.runtime(engine);
  if (record === undefined) throw new Error(`the catalogue has no runtime ${engine}`);
  return record;
}
