import type { FlagStyle } from '../engines/engine.ts';
import type { FlagRecord, FlagValue } from '@kaito-ts/preset-catalog/runtimes';

/** One flag as words of a command line. */
export function renderValue(flag: FlagRecord, value: FlagValue, style: FlagStyle): readonly string[] {
  switch (value.kind) {
    case 'switch':
      return renderSwitch(flag, value.on);
    case 'text':
      return assignment(flag.name, value.text, style);
    case 'texts':
      break;
  }
  const { texts } = value;
  if (texts.length === 0) return [];
  if (flag.listStyle === 'comma') return assignment(flag.name, texts.join(','), style);
  if (flag.listStyle === 'repeated') return texts.flatMap((text) => assignment(flag.name, text, style));
  return [`--${flag.name}`, ...texts];
}

export function assignment(name: string, text: string, style: FlagStyle): readonly string[] {
  return style === 'joined' ? [`--${name}=${text}`] : [`--${name}`, text];
}

/** `--flag False` would turn the flag on and leave `False` over as another argument. */
function renderSwitch({ name, negation }: FlagRecord, on: boolean): readonly string[] {
  if (on) return [`--${name}`];
  return negation === undefined ? [] : [`--${negation}`];
}
