import { engineOf } from '../engines/index.ts';
import type { Settings } from '../settings/settings.ts';
import { prepareAdapters } from './adapters.ts';
import type { Preparation, PreparationHooks } from './preparation.ts';
import { fitSlots } from './adapter-slots.ts';
import { flagsThatExist, readEngineConfiguration } from './read-config.ts';

/** Everything that comes before the runtime: configuration, then adapters. Throws `LauncherError` with class and place. */
export async function prepare(settings: Settings, hooks: PreparationHooks): Promise<Preparation> {
  const engine = engineOf(settings.engine);
  const { table, flags, warnings } = readEngineConfiguration(settings, engine);
  hooks.onConfigRead();
  const adapters = await prepareAdapters(settings, engine);
  return {
    delivery: fitSlots(adapters.delivery, { engine, table, flags }),
    engineVersion: table.version,
    flags: [...flags],
    knownFlags: flagsThatExist(table),
    warnings: [...warnings, ...adapters.warnings],
  };
}
