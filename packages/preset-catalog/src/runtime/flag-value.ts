import type { FlagRecord } from './runtime-record.ts';

/** What a flag is set to, checked against its type and ready to be written on a command line. */
export type FlagValue =
  | { readonly kind: 'switch'; readonly on: boolean }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'texts'; readonly texts: readonly string[] };

export type FlagValueReading = FlagValue | { readonly kind: 'problem'; readonly problem: string };

/** Reads a value of YAML or JSON by the type that the runtime declares. */
export function readFlagValue(flag: FlagRecord, value: unknown): FlagValueReading {
  return readers[flag.type](flag, value);
}

type Reader = (flag: FlagRecord, value: unknown) => FlagValueReading;

const readers: Readonly<Record<FlagRecord['type'], Reader>> = {
  boolean: readSwitch,
  int: readNumber,
  float: readNumber,
  json: readJson,
  list: readList,
  string: readText,
};

function readSwitch(_flag: FlagRecord, value: unknown): FlagValueReading {
  const on = readBoolean(value);
  return on === undefined ? problem(`must be true or false, not ${shown(value)}`) : { kind: 'switch', on };
}

/** Upstream's configuration is a map of strings, so booleans arrive quoted too, and bare flags as an empty string. */
export function readBoolean(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (value === '') return true;
  if (typeof value !== 'string') return undefined;
  const lower = value.toLowerCase();
  if (lower === 'true') return true;
  return lower === 'false' ? false : undefined;
}

const whole = /^[+-]?\d+$/u;
const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/iu;
/** vLLM's human form: 1k = 1000, 1K = 1024, a fraction only before a lower-case letter. */
const human = /^\d+(?:\.\d+)?[kKmMgGtT]$/u;

function readNumber(flag: FlagRecord, value: unknown): FlagValueReading {
  const own = typeof value === 'number' || typeof value === 'string' ? String(value).trim() : '';
  if (isWord(flag, own) || isNumber(flag, own)) return text(own);
  return problem(
    `must be ${flag.type === 'int' ? 'a whole number' : 'a number'}${wordsOf(flag)}, not ${shown(value)}`,
  );
}

function isNumber(flag: FlagRecord, own: string): boolean {
  if (flag.choices !== undefined && flag.openChoices !== true) return false;
  if (flag.type === 'float') return decimal.test(own);
  return whole.test(own) || (flag.humanReadable === true && human.test(own));
}

/** A JSON flag takes a document; a string is passed on when it is one, without the shell quotes that upstream adds. */
function readJson(flag: FlagRecord, value: unknown): FlagValueReading {
  if (typeof value === 'object' && value !== null) return text(JSON.stringify(value));
  if (typeof value !== 'string') return problem(`must be a map or a JSON text, not ${shown(value)}`);
  const own = value.replace(/^'(.*)'$/su, '$1');
  if (flag.plainText === true || isWord(flag, own) || isJson(own)) return text(own);
  return problem(`must be a map or a JSON text, not ${shown(value)}`);
}

function readList(flag: FlagRecord, value: unknown): FlagValueReading {
  const items = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  const texts = items.map((item) => (typeof item === 'string' ? item : JSON.stringify(item)));
  const wrong = texts.find((own) => isRefused(flag, own));
  return wrong === undefined
    ? { kind: 'texts', texts }
    : problem(`must be of ${knownWords(flag).join(', ')}, not ${shown(wrong)}`);
}

function readText(flag: FlagRecord, value: unknown): FlagValueReading {
  if (typeof value === 'object') return problem(`must be a text, not ${shown(value)}`);
  const own = typeof value === 'string' ? value : JSON.stringify(value);
  if (isRefused(flag, own))
    return problem(`must be one of ${knownWords(flag).join(', ')}, not ${shown(value)}`);
  return text(own);
}

function isWord(flag: FlagRecord, own: string): boolean {
  return knownWords(flag).includes(own);
}

function knownWords(flag: FlagRecord): readonly string[] {
  return [...(flag.words ?? []), ...(flag.choices ?? [])].map((word) =>
    typeof word === 'string' ? word : JSON.stringify(word),
  );
}

/** Plugins of a runtime may add values to an open list. */
function isRefused(flag: FlagRecord, own: string): boolean {
  return flag.choices !== undefined && flag.openChoices !== true && !isWord(flag, own);
}

function wordsOf(flag: FlagRecord): string {
  const known = knownWords(flag);
  return known.length === 0 ? '' : ` or one of ${known.join(', ')}`;
}

function isJson(own: string): boolean {
  try {
    JSON.parse(own);
    return true;
  } catch {
    return false;
  }
}

export function shown(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 100);
}

function text(own: string): FlagValueReading {
  return { kind: 'text', text: own };
}

function problem(own: string): FlagValueReading {
  return { kind: 'problem', problem: own };
}
