import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../upstream', import.meta.url));

/** One file that upstream shipped with a release. */
export interface UpstreamFile {
  readonly release: string;
  /** Path below the release's folder. */
  readonly name: string;
  readonly text: string;
}

/** Every manifest file of every release, oldest release first. */
export function upstreamFiles(): readonly UpstreamFile[] {
  return globSync('*/**/*.yaml', { cwd: folder })
    .toSorted()
    .map((path) => {
      const slash = path.indexOf('/');
      const text = readFileSync(join(folder, path), 'utf8');
      return { release: path.slice(0, slash), name: path.slice(slash + 1), text };
    });
}
