import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { failureClasses, LauncherError } from '../failure/failure.ts';

/** The first of `names` that PATH holds. */
export function findProgram(names: readonly string[], path: string): string {
  for (const name of names) {
    for (const folder of path.split(delimiter).filter((entry) => entry !== '')) {
      const file = join(folder, name);
      if (isExecutable(file)) return file;
    }
  }
  throw new LauncherError(
    failureClasses.programNotFound,
    `no program ${names.join(' or ')} on PATH (${path})`,
    {
      hint: 'the runtime image does not hold the runtime that this Workspace asks for',
    },
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
