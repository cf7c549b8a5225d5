// Bundles rooms' src/main.ts into dist/main.mjs and records which files went in, so that a shim can tell whether it is fresh.
import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, stop } from 'esbuild';

const repository = fileURLToPath(new URL('../..', import.meta.url));

const requireForCommonJs =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

/**
 * Resolved from node_modules at run time: a native package cannot be bundled, and client-node (3 MB) is loaded only for
 * kubeconfigs that run a plugin or refresh an OIDC token.
 */
const external = ['node-llama-cpp', '@kubernetes/client-node'];

/** Takes folders below the repository; all in one run, because they share most of what there is to parse. */
export async function bundle(rooms) {
  if (rooms.length === 0) return;
  const folders = rooms.map((room) => relative(repository, room));
  const { metafile } = await build({
    absWorkingDir: repository,
    entryPoints: folders.map((folder) => ({ in: `${folder}/src/main.ts`, out: `${folder}/dist/main` })),
    outdir: '.',
    outExtension: { '.js': '.mjs' },
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
  // A shim goes on to run for hours; esbuild's service must not stay beside it.
  await stop();
  for (const folder of folders) {
    const inputs = Object.keys(metafile.outputs[`${folder}/dist/main.mjs`].inputs)
      .filter((file) => !file.includes('node_modules'))
      .map((file) => relative(folder, file));
    writeFileSync(join(repository, folder, 'dist/main.inputs.json'), JSON.stringify(inputs));
  }
}
