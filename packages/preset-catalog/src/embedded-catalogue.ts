import { createCatalogue, type Catalogue } from './catalogue.ts';
import { gpuData } from './generated/gpus.ts';
import { modelRecords } from './generated/models.ts';
import type { GpuData } from './gpu/gpu-library.ts';
import type { ModelRecord } from './model/model-record.ts';
import { embeddedRuntimes } from './runtimes.ts';

let catalogue: Catalogue | undefined;

/** The catalogue of `presets/`, parsed when it is first asked for. */
export function embeddedCatalogue(): Catalogue {
  catalogue ??= createCatalogue({
    models: JSON.parse(modelRecords) as readonly ModelRecord[],
    gpus: JSON.parse(gpuData) as GpuData,
    runtimes: embeddedRuntimes(),
  });
  return catalogue;
}
