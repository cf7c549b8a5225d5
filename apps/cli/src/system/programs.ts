import { access, constants, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { CommandError, exitCodes } from '../command-error.ts';
import { packageFolder } from './package-folder.ts';
import type { SystemLayout } from './state.ts';

/** A row of process-kubelet's table: what stands in for an image that is too large, or too local, to unpack. */
export type ProgramRow =
  | { readonly image: string; readonly root: string }
  | {
      readonly image: string;
      readonly path: readonly string[];
      readonly env?: Readonly<Record<string, string>>;
    };

export const runtimeImages = {
  vllm: 'vllm/vllm-openai',
  transformers: 'kaito-ts/transformers',
  llamacpp: 'kaito-ts/llama-cpp',
} as const;

export const launcherImage = 'kaito-ts/launcher';

/** Reads `IMAGE=FOLDER` of `--program`: FOLDER holds the programs that the image would hold. */
export function parseProgramOption(text: string): ProgramRow {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1) {
    throw new CommandError({
      code: 'BAD_OPTION',
      message: `--program "${text}" is not IMAGE=FOLDER`,
      next: 'give for example --program vllm/vllm-openai=/opt/vllm/bin',
      exitCode: exitCodes.badInput,
    });
  }
  return { image: text.slice(0, at), path: [text.slice(at + 1)] };
}

/** Writes the table: the launcher's root, llama.cpp from PATH or npm, and what the user named (which wins). */
export async function writePrograms(
  layout: SystemLayout,
  userRows: readonly ProgramRow[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const llamaServer = await findOnPath('llama-server', environment['PATH'] ?? '');
  const cpuRuntime = await linkCpuRuntime(join(layout.root, 'bin'));
  const rows: readonly ProgramRow[] = [
    ...userRows,
    { image: launcherImage, root: layout.launcherRoot },
    {
      image: runtimeImages.llamacpp,
      path: [...(llamaServer === undefined ? [] : [llamaServer]), cpuRuntime],
    },
  ];
  const firstOfEach = rows.filter(
    (row, index) => rows.findIndex(({ image }) => image === row.image) === index,
  );
  await writeFile(layout.programs, `${JSON.stringify(firstOfEach, null, 2)}\n`);
}

/** A folder with node and kaito-cpu-runtime alone, so that a pod sees nothing else of this machine. */
async function linkCpuRuntime(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const bin = join(packageFolder('@kaito-ts/cpu-runtime'), 'bin/kaito-cpu-runtime.mjs');
  for (const [name, target] of [
    ['node', process.execPath],
    ['kaito-cpu-runtime', bin],
  ] as const) {
    await rm(join(folder, name), { force: true });
    await symlink(target, join(folder, name));
  }
  return folder;
}

async function findOnPath(program: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter).filter((part) => part !== '')) {
    const found = await access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return folder;
  }
  return undefined;
}
