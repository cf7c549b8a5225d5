import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository: string = fileURLToPath(new URL('../../..', import.meta.url));

export interface Room {
  /** Folder below the repository, such as `packages/api-types`. */
  readonly folder: string;
  readonly name: string;
  /** Rooms that package.json names as dependencies. */
  readonly dependencies: readonly string[];
  /** Rooms that tsconfig.json references. */
  readonly references: readonly string[];
}

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** Every workspace package that holds TypeScript. */
export function readRooms(): readonly Room[] {
  return globSync('{packages,apps,tools}/*/tsconfig.json', { cwd: repository })
    .map((file) => dirname(file))
    .toSorted()
    .map(readRoom);
}

function readRoom(folder: string): Room {
  const manifest = readJson(join(folder, 'package.json')) as Manifest;
  const { references = [] } = readJson(join(folder, 'tsconfig.json')) as {
    readonly references?: readonly { readonly path: string }[];
  };
  const named = { ...manifest.dependencies, ...manifest.devDependencies };
  return {
    folder,
    name: manifest.name,
    dependencies: Object.keys(named)
      .filter((dependency) => dependency.startsWith('@kaito-ts/'))
      .toSorted(),
    references: references
      .map(({ path }) => (readJson(join(normalize(join(folder, path)), 'package.json')) as Manifest).name)
      .toSorted(),
  };
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(join(repository, file), 'utf8'));
}

/** Hand-written source files, tests and generated ones left out. */
export function sourceFiles(): readonly string[] {
  return globSync('{packages,apps,tools}/*/src/**/*.ts', { cwd: repository }).filter(
    (file) => !file.endsWith('.test.ts') && !file.includes('/generated/'),
  );
}

export function countLines(file: string): number {
  return readFileSync(join(repository, file), 'utf8').trimEnd().split('\n').length;
}
