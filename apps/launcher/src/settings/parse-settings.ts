import { isAbsolute } from 'node:path';
import { parseArgs } from 'node:util';
import type { EngineName } from '../engines/engine.ts';
import { failureClasses, LauncherError } from '../failure/failure.ts';
import { settingDefinitions } from './definitions.ts';
import type { AdapterSetting, Settings } from './settings.ts';

type SettingName = keyof Settings;

export interface SettingsInput {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly engines: readonly EngineName[];
  readonly temporaryDirectory: string;
}

/** Flags and environment → checked settings. Throws `LauncherError` of class ConfigInvalid that names the setting. */
export function parseSettings(input: SettingsInput): Settings {
  const read = reader(input);
  const engine = input.engines.find((name) => name === read('engine'));
  if (engine === undefined) {
    throw invalid('engine', read('engine'), `must be one of ${input.engines.join(', ')}`);
  }
  const adapters = parseAdapters(read('adapters'));
  const adaptersDirectory = read('adaptersDirectory');
  if (adapters.length > 0 && adaptersDirectory === undefined) {
    throw invalid('adaptersDirectory', undefined, 'is needed when adapters are named');
  }
  const workDirectory = read('workDirectory') ?? input.temporaryDirectory;
  if (!isAbsolute(workDirectory)) throw invalid('workDirectory', workDirectory, 'must be an absolute path');
  return {
    engine,
    engineVersion: read('engineVersion'),
    modelName: required('modelName', read('modelName')),
    model: required('model', read('model')),
    modelRevision: read('modelRevision'),
    weightsDirectory: read('weightsDirectory'),
    adaptersDirectory,
    adapters,
    configFile: read('configFile'),
    workDirectory,
    listenAddress: read('listenAddress') ?? '127.0.0.1',
    port: parseNumber('port', read('port') ?? '5000', { maximum: 65_535, integer: true }),
    engineArguments: parseEngineArguments(read('engineArguments')),
    terminationLog: read('terminationLog'),
    revision: read('revision'),
    terminationGraceSeconds: parseNumber('terminationGraceSeconds', read('terminationGraceSeconds') ?? '30'),
    drainDelaySeconds: parseNumber('drainDelaySeconds', read('drainDelaySeconds') ?? '1'),
  };
}

/** A variable that is set but empty counts as absent: Kubernetes templates produce those. */
function reader(input: SettingsInput): (name: SettingName) => string | undefined {
  const options = Object.fromEntries(
    Object.values(settingDefinitions).map(({ flag }) => [flag, { type: 'string' as const }]),
  );
  let flags: Readonly<Record<string, unknown>>;
  try {
    flags = parseArgs({ args: [...input.argv], options, strict: true }).values;
  } catch (error) {
    throw new LauncherError(failureClasses.configInvalid, `launcher: ${(error as Error).message}`, {
      hint: 'see launcher --help',
      cause: error,
    });
  }
  return (name) => {
    const { flag, environment } = settingDefinitions[name];
    const value = flags[flag] ?? input.environment[environment];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
}

function required(name: SettingName, value: string | undefined): string {
  if (value === undefined) throw invalid(name, value, 'is required');
  return value;
}

function parseNumber(
  name: SettingName,
  text: string,
  rule: { maximum?: number; integer?: boolean } = {},
): number {
  const value = Number(text);
  const fits = Number.isFinite(value) && value >= 0 && value <= (rule.maximum ?? Number.MAX_SAFE_INTEGER);
  if (!fits || (rule.integer === true && !Number.isInteger(value))) {
    throw invalid(name, text, `must be a number between 0 and ${rule.maximum ?? 'any'}`);
  }
  return value;
}

function parseAdapters(text: string | undefined): readonly AdapterSetting[] {
  if (text === undefined) return [];
  const list = parseJson('adapters', text);
  if (!Array.isArray(list)) throw invalid('adapters', text, 'must be a JSON list');
  const adapters = list.map((entry: unknown) => parseAdapter(entry, text));
  const twice = adapters.find(
    ({ name }, index) => adapters.findIndex((other) => other.name === name) !== index,
  );
  if (twice !== undefined) throw invalid('adapters', text, `names the adapter "${twice.name}" twice`);
  return adapters;
}

function parseAdapter(entry: unknown, text: string): AdapterSetting {
  const { name, strength = '1.0' } = (entry ?? {}) as { name?: unknown; strength?: unknown };
  // A name becomes a folder name and a model name.
  if (typeof name !== 'string' || !/^[a-z0-9](?:[-.a-z0-9]*[a-z0-9])?$/u.test(name)) {
    throw invalid('adapters', text, 'every entry needs a name of lower-case letters, digits, "-" and "."');
  }
  const value = typeof strength === 'string' && strength.trim() !== '' ? Number(strength) : strength;
  if (typeof value !== 'number' || !(value >= 0 && value <= 1)) {
    throw invalid('adapters', text, `the strength of "${name}" must be a number from 0 to 1`);
  }
  return { name, strength: value };
}

function parseEngineArguments(text: string | undefined): Readonly<Record<string, unknown>> {
  if (text === undefined) return {};
  const value = parseJson('engineArguments', text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid('engineArguments', text, 'must be a JSON object of flag → value');
  }
  return value as Readonly<Record<string, unknown>>;
}

function parseJson(name: SettingName, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(name, text, `is not JSON (${(error as Error).message})`);
  }
}

function invalid(name: SettingName, value: string | undefined, rule: string): LauncherError {
  const { environment, flag } = settingDefinitions[name];
  const shown = value === undefined ? '' : `, got ${JSON.stringify(value.slice(0, 200))}`;
  return new LauncherError(failureClasses.configInvalid, `${environment} (--${flag}) ${rule}${shown}`, {
    hint: 'the operator sets these; when started by hand see launcher --help',
  });
}
