import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engineOf } from '../engines/index.ts';
import { fitSlots } from '../prepare/adapter-slots.ts';
import { flagsThatExist, readEngineConfiguration } from '../prepare/read-config.ts';
import { goldenOrders, type GoldenOrder } from './golden-orders.ts';
import { testSettings } from './harness.ts';

export interface GoldenCommand {
  readonly name: string;
  readonly argv: readonly string[];
  readonly warnings: readonly string[];
}

export function goldenCommands(): readonly GoldenCommand[] {
  return goldenOrders.map(commandOf);
}

function commandOf({
  name,
  engine: engineName,
  config,
  engineArguments,
  delivery,
}: GoldenOrder): GoldenCommand {
  const folder = mkdtempSync(join(tmpdir(), 'launcher-golden-'));
  const configFile = join(folder, 'inference_config.yaml');
  if (config !== undefined) writeFileSync(configFile, config);
  const settings = testSettings(folder, {
    engine: engineName,
    modelName: 'phi-4',
    model: '/workspace/weights/model',
    workDirectory: '/kaito-work',
    configFile: config === undefined ? undefined : configFile,
    engineArguments: engineArguments ?? {},
  });
  const engine = engineOf(engineName);
  const { flags, table, warnings } = readEngineConfiguration(settings, engine);
  rmSync(folder, { recursive: true });
  const argv = engine.command({
    settings,
    delivery: fitSlots(delivery ?? { kind: 'plain', model: settings.model }, { engine, table, flags }),
    endpoint:
      engine.endpoint === 'socket'
        ? { kind: 'socket', path: '/kaito-work/runtime-x/http.sock' }
        : { kind: 'port', host: '127.0.0.1', port: 40_000 },
    flags,
    knownFlags: new Set(flagsThatExist(table)),
    cpuCount: 2,
  });
  return { name, argv, warnings };
}
