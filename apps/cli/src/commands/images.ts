import { Command } from 'commander';
import { openImageStore, type ImageStore } from '@kaito-ts/process-kubelet';
import type { CommandContext } from '../context.ts';
import { outputOption, stateOption } from '../options.ts';
import { renderTable, writeOutput, type OutputFormat } from '../output.ts';
import { buildImage } from '../system/image-list.ts';
import { defaultStateRoot, systemLayout } from '../system/state.ts';

interface StoreOptions {
  readonly state?: string;
  readonly store?: string;
}

/** `kaito images build|load|list|remove`: the local store from which `kaito up` takes images. */
export function imagesCommand(context: CommandContext): Command {
  const command = new Command('images').description('manage the local image store, an OCI layout');
  command.addCommand(
    withStore(new Command('build'))
      .description('make an image from a folder')
      .argument('<folder>', 'its content becomes the image’s, at --at')
      .requiredOption('--tag <name:tag>', 'how pods will name it')
      .option('--at <path>', 'where in the image the folder lies; adapters and models belong at /data', '/')
      .action(
        async (folder: string, options: StoreOptions & { readonly tag: string; readonly at: string }) => {
          const store = await open(context, options);
          await buildImage(store, { tag: options.tag, sources: [{ path: options.at, source: folder }] });
          context.writeNote(`built ${options.tag} into ${store.directory}\n`);
        },
      ),
  );
  command.addCommand(
    withStore(new Command('load'))
      .description('take images from an OCI layout, an OCI archive or what docker save writes')
      .argument('<path>')
      .action(async (path: string, options: StoreOptions) => {
        for (const { reference } of await (await open(context, options)).load(path)) {
          context.writeNote(`loaded ${reference}\n`);
        }
      }),
  );
  command.addCommand(
    withStore(new Command('list'))
      .description('show what is in the store')
      .addOption(outputOption())
      .action(async (options: StoreOptions & { readonly output: OutputFormat }) => {
        const images = await (await open(context, options)).list();
        writeOutput(context, options.output, images, () =>
          renderTable(
            [
              { title: 'IMAGE', value: ({ reference }) => reference },
              { title: 'DIGEST', value: ({ digest }) => digest.slice(0, 19) },
              { title: 'SIZE', value: ({ sizeBytes }) => `${(sizeBytes / 1024 / 1024).toFixed(1)} MiB` },
            ],
            images,
          ),
        );
      }),
  );
  command.addCommand(
    withStore(new Command('remove'))
      .description('forget an image')
      .argument('<name:tag>')
      .action(async (reference: string, options: StoreOptions) => {
        await (await open(context, options)).remove(reference);
        context.writeNote(`removed ${reference}\n`);
      }),
  );
  return command;
}

function withStore(command: Command): Command {
  return command
    .option('--store <folder>', 'the store (default: that of the local system)')
    .addOption(stateOption());
}

async function open(context: CommandContext, { store, state }: StoreOptions): Promise<ImageStore> {
  return openImageStore(store ?? systemLayout(state ?? defaultStateRoot(context.environment)).images);
}
