// Bundles one room's src/main.ts into dist/main.mjs and records which files went in, so that a shim can tell whether it is fresh.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'esbuild';

const requireForCommonJs =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

/** Native packages cannot be bundled; they are resolved from node_modules at run time. */
const external = ['node-llama-cpp'];

export async function bundle(room) {
  const result = await build({
    absWorkingDir: room,
    entryPoints: ['src/main.ts'],
    outfile: 'dist/main.mjs',
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    minify: true,
    keepNames: true,
    // Node prints the line of an uncaught error; it should fit on a screen.
    lineLimit: 160,
    sourcemap: false,
    legalComments: 'none',
    conditions: ['@kaito-ts/source'],
    external,
    loader: { '.yaml': 'text' },
    banner: { js: requireForCommonJs },
    metafile: true,
    logLevel: 'error',
  });
  const inputs = Object.keys(result.metafile.inputs)
    .map((file) => relative(room, join(room, file)))
    .filter((file) => !file.includes('node_modules'));
  mkdirSync(join(room, 'dist'), { recursive: true });
  writeFileSync(join(room, 'dist/main.inputs.json'), JSON.stringify(inputs));
}
