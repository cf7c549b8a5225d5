import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseInferenceConfig, type FieldIssue, type InferenceConfig } from '@kaito-ts/api-types';
import { embeddedRuntimes, type FlagTable } from '@kaito-ts/preset-catalog/runtimes';
import type { Engine } from '../engines/engine.ts';
import { failureClasses, LauncherError } from '../failure/failure.ts';
import { settingDefinitions } from '../settings/definitions.ts';
import type { Settings } from '../settings/settings.ts';
import { renderFlags, type FlagSource, type RenderedFlags } from './render-flags.ts';

export interface EngineConfiguration extends RenderedFlags {
  readonly table: FlagTable;
}

/** The operator's flags under those of inference_config.yaml, checked against what this version of the runtime knows. */
export function readEngineConfiguration(settings: Settings, engine: Engine): EngineConfiguration {
  const { table, warnings } = flagTable(settings);
  const operatorFlags: FlagSource = {
    values: settings.engineArguments,
    where: () => settingDefinitions.engineArguments.environment,
  };
  const file = settings.configFile === undefined ? undefined : readConfigFile(settings.configFile);
  const rendered = renderFlags({
    sources: file === undefined ? [operatorFlags] : [operatorFlags, sectionOf(file, engine)],
    table,
    style: engine.flagStyle,
    optionalFiles: engine.optionalFiles,
    fileExists: existsSync,
  });
  if (rendered.problems.length > 0) throw configInvalid(rendered.problems.join('; '));
  const unused = file === undefined ? [] : unusedKeys(file);
  return {
    ...rendered,
    table,
    warnings: [...warnings, ...(file?.warnings ?? []), ...unused, ...rendered.warnings],
  };
}

/** The table also holds flags of older versions, to say what became of them. */
export function flagsThatExist({ flags }: FlagTable): readonly string[] {
  return [...flags.values()].filter(({ removedIn }) => removedIn === undefined).map(({ name }) => name);
}

interface ConfigFile {
  readonly name: string;
  readonly config: InferenceConfig;
  readonly warnings: readonly string[];
}

function readConfigFile(path: string): ConfigFile {
  const name = basename(path);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw configInvalid(`cannot read ${path}: ${(error as Error).message}`, error);
  }
  const parsed = parseInferenceConfig(text);
  if (!parsed.ok) throw configInvalid(parsed.issues.map((issue) => describe(name, issue)).join('; '));
  return { name, config: parsed.value, warnings: parsed.issues.map((issue) => describe(name, issue)) };
}

function describe(name: string, { path, line, message }: FieldIssue): string {
  return `${name}${line === undefined ? '' : `:${line}`}: ${path === '' ? '' : `${path}: `}${message}`;
}

function sectionOf({ name, config }: ConfigFile, engine: Engine): FlagSource {
  return {
    values: config[engine.name] ?? {},
    where: (key) => {
      const line = config.positionOf([engine.name, key])?.line;
      return `${name}${line === undefined ? '' : `:${line}`}: ${engine.name}`;
    },
  };
}

/** A key of upstream's format that has no effect here; saying so is better than silence. */
function unusedKeys({ name, config }: ConfigFile): readonly string[] {
  if (config.kvCacheCpuMemoryUtilization === undefined) return [];
  return [
    `${name}: kv_cache_cpu_memory_utilization has no effect yet; vllm's kv-offloading-size does the same`,
  ];
}

function flagTable({ engine, engineVersion }: Settings): { table: FlagTable; warnings: readonly string[] } {
  const table = embeddedRuntimes().find(engine, engineVersion);
  if (table === undefined) throw configInvalid(`the catalogue holds no flags for ${engine}`);
  if (engineVersion === undefined || engineVersion === table.version) return { table, warnings: [] };
  const warning = `${engine} ${engineVersion} is not in the catalogue; its flags were checked against ${table.version}`;
  return { table, warnings: [warning] };
}

function configInvalid(message: string, cause?: unknown): LauncherError {
  return new LauncherError(failureClasses.configInvalid, message, {
    hint: 'correct the ConfigMap of spec.inference.config; the Workspace rolls out again by itself',
    cause,
  });
}
