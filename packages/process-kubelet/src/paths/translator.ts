/** A path as the container sees it, and where it is on this host. */
export interface PathMapping {
  readonly inContainer: string;
  readonly onHost: string;
  /** A mount shadows what the image has at the same place. */
  readonly from: 'mount' | 'image';
}

export interface PathTranslator {
  /** The host path when the whole text is a mapped path or lies below one. */
  path(text: string): string | undefined;
  /** An argument or environment value: translated when the whole of it, or what follows its first `=`, is a path. */
  value(text: string): string;
  /** A list separated by `:` (`PATH`): every entry by itself. */
  list(text: string): string;
  /** The mapped path that stays behind inside a longer text, if any: the program would not find it there. */
  untranslated(text: string): string | undefined;
}

export interface TranslatorOptions {
  /** Whether an image path also exists on the host (`/bin`), so that a program finds something under it. */
  readonly existsOnHost?: (path: string) => boolean;
}

export function createTranslator(
  mappings: readonly PathMapping[],
  options: TranslatorOptions = {},
): PathTranslator {
  const { existsOnHost = () => false } = options;
  const ordered = [...mappings].sort(mostSpecificFirst);
  const mentioned = ordered.filter(({ from, inContainer }) => from === 'mount' || !existsOnHost(inContainer));

  const match = (text: string): PathMapping | undefined =>
    ordered.find(({ inContainer }) => text === inContainer || text.startsWith(`${inContainer}/`));
  const path = (text: string): string | undefined => {
    const mapping = match(text);
    return mapping === undefined ? undefined : mapping.onHost + text.slice(mapping.inContainer.length);
  };
  /** How much of the text a translation replaces: what comes after it is left as it is. */
  const translatedUpTo = (text: string, start: number): number | undefined => {
    const mapping = match(text.slice(start));
    return mapping === undefined ? undefined : start + mapping.inContainer.length;
  };

  return {
    path,
    value(text) {
      const whole = path(text);
      if (whole !== undefined) return whole;
      const equals = text.indexOf('=');
      const tail = equals === -1 ? undefined : path(text.slice(equals + 1));
      return tail === undefined ? text : text.slice(0, equals + 1) + tail;
    },
    list: (text) =>
      text
        .split(':')
        .map((entry) => path(entry) ?? entry)
        .join(':'),
    untranslated(text) {
      const equals = text.indexOf('=');
      const done =
        translatedUpTo(text, 0) ?? (equals === -1 ? undefined : translatedUpTo(text, equals + 1)) ?? 0;
      const rest = text.slice(done);
      return mentioned.find(({ inContainer }) => mentions({ text: rest, isStart: done === 0 }, inContainer))
        ?.inContainer;
    },
  };
}

function mostSpecificFirst(left: PathMapping, right: PathMapping): number {
  const byLength = right.inContainer.length - left.inContainer.length;
  if (byLength !== 0 || left.from === right.from) return byLength;
  return left.from === 'mount' ? -1 : 1;
}

/** Characters that continue a name or a path: `/data` is not mentioned in `/mnt/data`, `x/data` or `/database`. */
const continuesPath = /[\w./-]/;
const continuesName = /[\w-]/;

function mentions(
  { text, isStart }: { readonly text: string; readonly isStart: boolean },
  path: string,
): boolean {
  for (let at = text.indexOf(path); at !== -1; at = text.indexOf(path, at + 1)) {
    const before = text[at - 1];
    const after = text[at + path.length];
    const begins =
      before === undefined ? isStart : !continuesPath.test(before) || text.slice(0, at).endsWith('file://');
    if (begins && (after === undefined || !continuesName.test(after))) return true;
  }
  return false;
}
