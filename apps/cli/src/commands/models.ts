import { mkdir, rename, writeFile } from 'node:fs/promises';
import * as http from 'node:http';
import { basename, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import { dump } from 'js-yaml';
import { readModelShape, SizingInputError } from '@kaito-ts/gpu-sizing';
import { embeddedCatalogue, missingFacts, readDimensions, type ModelRecord } from '@kaito-ts/preset-catalog';
import { CommandError, exitCodes } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { outputOption } from '../options.ts';
import { renderTable, writeOutput, type OutputFormat } from '../output.ts';
import { hubReader } from '../sizing/hub-client.ts';
import { directoryReader, type ModelSourceReader } from '../sizing/model-source.ts';
import { recordOfModel } from '../sizing/record-of-model.ts';

/** `kaito models`, `kaito models show ID`, `kaito models add ORG/MODEL`. */
export function modelsCommand(context: CommandContext): Command {
  return new Command('models')
    .description('list the models of the catalogue, show one, or write a record for another')
    .addOption(outputOption())
    .action(({ output }: { output: OutputFormat }) => {
      const { models } = embeddedCatalogue();
      writeOutput(context, output, models, () => renderModels(models));
    })
    .addCommand(showCommand(context))
    .addCommand(addCommand(context));
}

function showCommand(context: CommandContext): Command {
  return new Command('show')
    .description('print the record of a model')
    .argument('<id>', 'name, alias or repository')
    .addOption(outputOption().default('yaml'))
    .action((id: string, { output }: { output: OutputFormat }) => {
      const resolution = embeddedCatalogue().resolve(id);
      if (resolution.kind === 'unknown') {
        throw new CommandError({
          code: 'UNKNOWN_MODEL',
          message: resolution.message,
          next: resolution.nextStep,
          exitCode: exitCodes.badInput,
        });
      }
      writeOutput(context, output, resolution.record, () => renderModels([resolution.record]));
    });
}

interface AddOptions {
  readonly revision: string;
  readonly endpoint?: string;
  readonly directory?: string;
  readonly records: string;
}

function addCommand(context: CommandContext): Command {
  return new Command('add')
    .description('write a record of a model from its config.json and the headers of its weights')
    .argument('<id>', 'repository, as organisation/model')
    .option('--revision <name>', 'branch, tag or commit; the record pins the commit', 'main')
    .option('--endpoint <url>', 'hub to ask (default: HF_ENDPOINT, then the public one)')
    .option('--directory <folder>', 'read a downloaded model instead of a hub')
    .option(
      '--records <folder>',
      'where to write the record; give it to kaito-operator as --model-records',
      '.',
    )
    .action(async (id: string, options: AddOptions) => {
      if (!/^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/.test(id)) {
        throw new CommandError({
          code: 'BAD_MODEL_ID',
          message: `${id} is no organisation/model`,
          next: 'give the repository as it is called on the hub',
          exitCode: exitCodes.badInput,
        });
      }
      const record = await recordOfModel(readerFor(context, id, options), {
        repository: id,
        source: { kind: 'huggingface', repository: id },
      });
      const file = await writeRecord(record, options.records);
      context.writeResult(`${file}\n`);
      const missing = missingFacts(record);
      if (missing.length > 0) context.writeNote(`not known of ${id}: ${missing.join(', ')}\n`);
      const strange = layoutKeysNotUnderstood(record);
      if (strange.length > 0)
        context.writeNote(`not understood, so memory cannot be planned exactly: ${strange.join(', ')}\n`);
    });
}

/** Keys of config.json that describe a layout for which the account has no rule. */
function layoutKeysNotUnderstood({ facts }: ModelRecord): readonly string[] {
  try {
    return readModelShape(facts.config ?? {}).unknown;
  } catch (error) {
    // A key that is missing altogether is among the missing facts.
    if (error instanceof SizingInputError) return [];
    throw error;
  }
}

const publicHub = 'https://huggingface.co';

function readerFor(context: CommandContext, repository: string, options: AddOptions): ModelSourceReader {
  if (options.directory !== undefined) return directoryReader(resolve(options.directory));
  const { environment, signal } = context;
  // Node's own fetch takes HTTPS_PROXY and NO_PROXY only when told to.
  http.setGlobalProxyFromEnv({ ...environment });
  return hubReader({
    endpoint: (options.endpoint ?? environment['HF_ENDPOINT'] ?? publicHub).replace(/\/+$/, ''),
    repository,
    revision: options.revision,
    token: environment['HF_TOKEN'] ?? environment['HUGGING_FACE_HUB_TOKEN'],
    signal,
    fetch,
    wait: (milliseconds) => delay(milliseconds, undefined, { signal }),
  });
}

/** Renamed into place, so that no reader sees half a record. */
async function writeRecord(record: ModelRecord, folder: string): Promise<string> {
  const directory = resolve(folder);
  await mkdir(directory, { recursive: true });
  const file = join(directory, `${basename(record.name).toLowerCase()}.yaml`);
  const temporary = `${file}.${process.pid}.tmp`;
  await writeFile(temporary, dump(record, { noRefs: true, lineWidth: 120 }));
  await rename(temporary, file);
  return file;
}

function renderModels(models: readonly ModelRecord[]): string {
  return renderTable(
    [
      { title: 'NAME', value: ({ name }) => name },
      {
        title: 'SOURCE',
        value: ({ source }) => (source.kind === 'huggingface' ? source.repository : source.kind),
      },
      { title: 'WEIGHTS', value: ({ facts }) => weightsText(facts.storedWeightBytes) },
      {
        title: 'CONTEXT',
        value: ({ facts }) => readDimensions(facts).maxPositionEmbeddings?.toLocaleString('en-US') ?? '-',
      },
      { title: 'LICENCE', value: ({ license }) => license ?? '-' },
      { title: 'RUNTIMES', value: ({ runtimes }) => runtimes.join(', ') },
      { title: 'NOT KNOWN', value: (record) => missingFacts(record).join(', ') },
    ],
    models,
  );
}

function weightsText(bytes: number | undefined): string {
  return bytes === undefined ? '-' : `${(bytes / 1024 ** 3).toFixed(2)} GiB`;
}
