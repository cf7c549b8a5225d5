import { chmod, copyFile, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chooseBuilder, type Builder, type BuilderName, type BuiltImage } from './builder.ts';
import { resetFolderTimes } from './files.ts';
import type { ImageRecipe } from './recipes.ts';

export interface BuildOptions {
  /** HOST:PORT, put before every name. */
  readonly registry?: string | undefined;
  readonly push?: boolean | undefined;
  readonly builder?: BuilderName | undefined;
  readonly progress?: ((line: string) => void) | undefined;
}

/** Assembles, builds and, if told so, pushes images one after the other. */
export async function buildImages(
  recipes: readonly ImageRecipe[],
  options: BuildOptions = {},
): Promise<readonly BuiltImage[]> {
  const { registry, push = false, progress = () => {} } = options;
  if (push && registry === undefined) throw new Error('--push needs --registry HOST:PORT');
  const builder = await chooseBuilder({ name: options.builder, transient: push, progress });
  const built: BuiltImage[] = [];
  try {
    for (const recipe of recipes) {
      const reference = registry === undefined ? recipe.reference : `${registry}/${recipe.reference}`;
      const image = await buildOne({ recipe, reference, builder, progress });
      if (push) await builder.push(reference);
      progress(`${reference}  ${(image.bytes / 1024 / 1024).toFixed(1)} MiB${push ? ', pushed' : ''}`);
      built.push(image);
    }
  } finally {
    await builder.close();
  }
  return built;
}

interface Building {
  readonly recipe: ImageRecipe;
  readonly reference: string;
  readonly builder: Builder;
  readonly progress: (line: string) => void;
}

/** The context lies beside Node and the bundles, so that large files are linked instead of copied. */
async function buildOne({ recipe, reference, builder, progress }: Building): Promise<BuiltImage> {
  const own = packageFolder();
  await mkdir(join(own, 'dist'), { recursive: true });
  const context = await mkdtemp(join(own, 'dist/context-'));
  try {
    const root = join(context, 'root');
    await mkdir(root);
    // Whoever runs the image must be able to enter its root.
    await chmod(root, 0o755);
    await recipe.assemble(root, progress);
    await resetFolderTimes(root);
    await copyFile(
      join(own, 'containerfiles', `${recipe.containerfile}.Containerfile`),
      join(context, 'Containerfile'),
    );
    const bytes = await sizeOf(root);
    return { reference, id: await builder.build(context, reference), bytes };
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}

/** This file's package, whether it runs from src or from the bundle in dist. */
function packageFolder(): string {
  return dirname(dirname(fileURLToPath(import.meta.url)));
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => (await stat(join(entry.parentPath, entry.name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
