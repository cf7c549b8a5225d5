import { Argument, Command, Option } from 'commander';
import { buildImages, type BuildOptions } from './build-images.ts';
import { folderImage, imageNames, listedImages, projectImages, type ImageRecipe } from './recipes.ts';

export interface Output {
  readonly stdout: (line: string) => void;
  readonly stderr: (line: string) => void;
}

/** The `images` program. One JSON object a built image goes to stdout, progress to stderr. */
export function createProgram({ stdout, stderr }: Output): Command {
  const program = new Command('images').description("Builds this project's container images");
  const build = async (recipes: readonly ImageRecipe[], options: BuildOptions): Promise<void> => {
    for (const image of await buildImages(recipes, { ...options, progress: stderr }))
      stdout(JSON.stringify(image));
  };
  withBuildOptions(program.command('build'))
    .description('build images of this project; without names, all of them')
    .addArgument(new Argument('[names...]').choices(imageNames))
    .action(async (names: readonly (typeof imageNames)[number][], options: BuildOptions) => {
      const all = await projectImages();
      await build(
        (names.length === 0 ? imageNames : names).map((name) => all[name]),
        options,
      );
    });
  withBuildOptions(program.command('list'))
    .description('build the model and adapter images of a list such as examples/demo/images.yaml')
    .argument('<file>')
    .action(async (file: string, options: BuildOptions) => build(await listedImages(file), options));
  withBuildOptions(program.command('folder'))
    .description("build a model's or an adapter's image from a folder, whose files go to /data")
    .argument('<folder>')
    .argument('<reference>', 'name and tag, such as adapters/pirate:1')
    .action(async (folder: string, reference: string, options: BuildOptions) =>
      build([folderImage(folder, reference)], options),
    );
  return program;
}

function withBuildOptions(command: Command): Command {
  return command
    .option('--registry <host:port>', 'put before every name')
    .option('--push', 'push to it, and keep nothing here')
    .addOption(new Option('--builder <name>', 'default: whichever is there').choices(['buildah', 'docker']));
}
