import type { FlagStyle } from '../engines/engine.ts';
import type { FlagRecord } from '@kaito-ts/preset-catalog/runtimes';

export type Rendered =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'problem'; readonly problem: string };

/** One flag with a value of YAML or JSON as words of a command line, by the type that the engine declares. */
export function renderValue(flag: FlagRecord, value: unknown, style: FlagStyle): Rendered {
  const assign: Assign = (text) => words(...assignment(flag.name, text, style));
  return renderers[flag.type](flag, value, assign);
}

export function assignment(name: string, text: string, style: FlagStyle): readonly string[] {
  return style === 'joined' ? [`--${name}=${text}`] : [`--${name}`, text];
}

type Assign = (text: string) => Extract<Rendered, { kind: 'words' }>;
type Renderer = (flag: FlagRecord, value: unknown, assign: Assign) => Rendered;

const renderers: Readonly<Record<FlagRecord['type'], Renderer>> = {
  boolean: renderBoolean,
  int: renderNumber,
  float: renderNumber,
  json: renderJson,
  list: renderList,
  string: renderString,
};

/** `--flag False` would turn the flag on and leave `False` over as another argument. */
function renderBoolean(flag: FlagRecord, value: unknown): Rendered {
  const isOn = readBoolean(value);
  if (isOn === undefined) return problem(`must be true or false, not ${show(value)}`);
  if (isOn) return words(`--${flag.name}`);
  return flag.negation === undefined ? words() : words(`--${flag.negation}`);
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

function renderNumber(flag: FlagRecord, value: unknown, assign: Assign): Rendered {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value).trim() : '';
  if (isWord(flag, text) || isNumber(flag, text)) return assign(text);
  return problem(
    `must be ${flag.type === 'int' ? 'a whole number' : 'a number'}${wordsOf(flag)}, not ${show(value)}`,
  );
}

function isNumber(flag: FlagRecord, text: string): boolean {
  if (flag.choices !== undefined && flag.openChoices !== true) return false;
  if (flag.type === 'float') return decimal.test(text);
  return whole.test(text) || (flag.humanReadable === true && human.test(text));
}

/** A JSON flag takes a document; a string is passed on when it is one, without the shell quotes that upstream adds. */
function renderJson(flag: FlagRecord, value: unknown, assign: Assign): Rendered {
  if (typeof value === 'object' && value !== null) return assign(JSON.stringify(value));
  if (typeof value !== 'string') return problem(`must be a map or a JSON text, not ${show(value)}`);
  const text = value.replace(/^'(.*)'$/su, '$1');
  if (isWord(flag, text) || isJson(text)) return assign(text);
  return problem(`must be a map or a JSON text, not ${show(value)}`);
}

function renderList(flag: FlagRecord, value: unknown, assign: Assign): Rendered {
  const items = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  const texts = items.map((item) => (typeof item === 'string' ? item : JSON.stringify(item)));
  const wrong = texts.find((text) => isRefused(flag, text));
  if (wrong !== undefined) return problem(`must be of ${knownWords(flag).join(', ')}, not ${show(wrong)}`);
  if (texts.length === 0) return words();
  if (flag.listStyle === 'comma') return assign(texts.join(','));
  if (flag.listStyle === 'repeated') return words(...texts.flatMap((text) => assign(text).words));
  return words(`--${flag.name}`, ...texts);
}

function renderString(flag: FlagRecord, value: unknown, assign: Assign): Rendered {
  if (typeof value === 'object') return problem(`must be a text, not ${show(value)}`);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (isRefused(flag, text))
    return problem(`must be one of ${knownWords(flag).join(', ')}, not ${show(value)}`);
  return assign(text);
}

function isWord(flag: FlagRecord, text: string): boolean {
  return knownWords(flag).includes(text);
}

function knownWords(flag: FlagRecord): readonly string[] {
  return [...(flag.words ?? []), ...(flag.choices ?? [])].map((word) =>
    typeof word === 'string' ? word : JSON.stringify(word),
  );
}

/** Plugins of a runtime may add values to an open list. */
function isRefused(flag: FlagRecord, text: string): boolean {
  return flag.choices !== undefined && flag.openChoices !== true && !isWord(flag, text);
}

function wordsOf(flag: FlagRecord): string {
  const known = knownWords(flag);
  return known.length === 0 ? '' : ` or one of ${known.join(', ')}`;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

export function show(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 100);
}

function words(...list: readonly string[]): Extract<Rendered, { kind: 'words' }> {
  return { kind: 'words', words: list };
}

function problem(text: string): Rendered {
  return { kind: 'problem', problem: text };
}
