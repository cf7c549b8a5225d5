// Bundles every room that has a src/main.ts and is not fresh.
import { existsSync, globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.mjs';
import { isFresh } from './ensure.mjs';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const rooms = globSync('{packages,apps,tools}/*/src/main.ts', { cwd: repository })
  .map((file) => join(repository, dirname(dirname(file))))
  .filter((room) => existsSync(join(room, 'package.json')) && !isFresh(room));
await bundle(rooms);
