import { isJsonObject, type JsonObject, type JsonValue } from '@kaito-ts/preset-catalog';
import { SizingInputError } from '../errors.ts';

/** Reads config.json by the first of several key names, and refuses values of another type by their key. */
export interface ConfigReader {
  readonly source: JsonObject;
  number(...keys: readonly string[]): number | undefined;
  required(...keys: readonly string[]): number;
  flag(key: string): boolean | undefined;
  text(...keys: readonly string[]): string | undefined;
  list(key: string): readonly JsonValue[] | undefined;
  object(key: string): ConfigReader | undefined;
  has(key: string): boolean;
}

export function readerOf(source: JsonObject): ConfigReader {
  const reader: ConfigReader = {
    source,
    number: (...keys) => firstNumber(source, keys),
    required: (...keys) => {
      const value = firstNumber(source, keys);
      if (value === 0) throw new SizingInputError('BAD_INPUT', keys[0] ?? '', 'must be above 0');
      if (value === undefined)
        throw new SizingInputError('MISSING_KEY', keys[0] ?? '', 'is not in config.json');
      return value;
    },
    flag: (key) => {
      const value = source[key];
      return typeof value === 'boolean' ? value : undefined;
    },
    text: (...keys) => {
      const found = keys.map((key) => source[key]).find((value) => typeof value === 'string');
      return typeof found === 'string' ? found : undefined;
    },
    list: (key) => {
      const value = source[key];
      return Array.isArray(value) ? value : undefined;
    },
    object: (key) => {
      const value = source[key];
      return isJsonObject(value) ? readerOf(value) : undefined;
    },
    has: (key) => source[key] !== undefined && source[key] !== null,
  };
  return reader;
}

/** No length, width or count of a model comes near it; some tokenizers write 1e30 for "no limit". */
const largest = 2 ** 31;

function firstNumber(source: JsonObject, keys: readonly string[]): number | undefined {
  for (const key of keys) {
    const value = source[key];
    // Published configs write -1 for "none".
    if (value === undefined || value === null || value === -1) continue;
    if (key === 'model_max_length' && Number(value) > largest) continue;
    if (typeof value !== 'number' || !(value >= 0 && value <= largest)) {
      throw new SizingInputError(
        'BAD_INPUT',
        key,
        `must be a number of 0 to ${largest}, not ${JSON.stringify(value)}`,
      );
    }
    return value;
  }
  return undefined;
}
