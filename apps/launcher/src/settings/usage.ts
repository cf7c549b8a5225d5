import { settingDefinitions } from './definitions.ts';

/** The help text, from the same table that the parser reads. */
export function usage(): string {
  const rows = Object.values(settingDefinitions).map(
    ({ flag, environment, description }) =>
      `  --${flag.padEnd(26)} ${environment.padEnd(32)} ${description}\n`,
  );
  return `kaito-launcher: runs a model runtime behind a public port that tells the truth\n\n${rows.join('')}`;
}
