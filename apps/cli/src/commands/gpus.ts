import { Command, Option } from 'commander';
import { visibleMemory } from '@kaito-ts/gpu-sizing';
import { embeddedCatalogue, type Catalogue, type InstanceType } from '@kaito-ts/preset-catalog';
import type { CommandContext } from '../context.ts';
import { outputOption } from '../options.ts';
import { renderTable, writeOutput, type OutputFormat } from '../output.ts';

/** `kaito gpus`: the machines of the catalogue, with what is known of their GPUs and prices. */
export function gpusCommand(context: CommandContext): Command {
  return new Command('gpus')
    .description('list the machines of the catalogue and their GPUs')
    .addOption(
      new Option('--provider <name>', 'only machines of this provider').choices(['azure', 'aws', 'arc']),
    )
    .addOption(outputOption())
    .action(({ provider, output }: { provider?: string; output: OutputFormat }) => {
      const catalogue = embeddedCatalogue();
      const types = catalogue.instanceTypes.filter(
        (type) => provider === undefined || type.provider === provider,
      );
      const rows = types.map((type) => rowOf(catalogue, type));
      writeOutput(context, output, rows, () => renderGpus(rows));
    });
}

interface GpuRow extends InstanceType {
  readonly memoryBytesPerGpu?: number;
  readonly computeCapability?: number;
}

function rowOf(catalogue: Catalogue, type: InstanceType): GpuRow {
  const gpu = type.gpu === undefined ? undefined : catalogue.gpuModel(type.gpu);
  const memory = gpu === undefined ? undefined : visibleMemory(gpu);
  return {
    ...type,
    ...(memory !== undefined && { memoryBytesPerGpu: memory }),
    ...(gpu?.computeCapability !== undefined && { computeCapability: gpu.computeCapability }),
  };
}

function renderGpus(rows: readonly GpuRow[]): string {
  return renderTable(
    [
      { title: 'NAME', value: ({ name }) => name },
      { title: 'PROVIDER', value: ({ provider }) => provider },
      { title: 'GPUS', value: ({ gpuCount, gpu }) => `${gpuCount ?? '?'} x ${gpu ?? '?'}` },
      {
        title: 'GIB EACH',
        value: ({ memoryBytesPerGpu }) =>
          memoryBytesPerGpu === undefined ? '-' : (memoryBytesPerGpu / 1024 ** 3).toFixed(1),
      },
      { title: 'COMPUTE', value: ({ computeCapability }) => computeCapability?.toFixed(1) ?? '-' },
      {
        title: 'PER HOUR',
        value: ({ price }) => (price === undefined ? '-' : `${price.perHour.toFixed(2)} ${price.currency}`),
      },
      { title: 'REGION', value: ({ price }) => price?.region ?? '-' },
      { title: 'PRICE OF', value: ({ price }) => price?.date ?? '-' },
    ],
    rows,
  );
}
