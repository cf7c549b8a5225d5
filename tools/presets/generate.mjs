// Embeds presets/*.yaml into packages/preset-catalog/src/generated, so that a bundle and the npm package need no folder beside them.
//
//   node tools/presets/generate.mjs            writes
//   node tools/presets/generate.mjs --check    fails when what is written is stale
//
// Each file exports one JSON text: parsing text is faster than evaluating an object, and it waits until it is asked for.
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { load } from 'js-yaml';
import { parseModelRecord } from '../../packages/preset-catalog/src/record-file/parse-model-record.ts';
import { crossCheck } from './cross-check.mjs';
import { gpuModelsFile, instanceTypesFile, nodeLabelsFile, runtimeFile } from './schemas.mjs';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const presets = join(repository, 'presets');
const target = join(repository, 'packages/preset-catalog/src/generated');
const problems = [];

const models = files('models/*.yaml').flatMap(readModel);
const gpuModels = (read('gpus/gpu-models.yaml', gpuModelsFile)?.models ?? []).map(withMigProfiles);
const instanceTypes = ['azure', 'aws', 'arc'].flatMap((name) =>
  expandPrices(read(`gpus/${name}.yaml`, instanceTypesFile)),
);
const nodeLabels = read('gpus/node-labels.yaml', nodeLabelsFile);
const runtimes = Object.fromEntries(
  ['vllm', 'transformers', 'llamacpp'].map((engine) => [
    engine,
    files(`runtimes/${engine}/*.yaml`).flatMap((file) => read(file, runtimeFile) ?? []),
  ]),
);
problems.push(...crossCheck({ models, gpuModels, instanceTypes, runtimes }));
if (problems.length > 0) fail(problems);

const outputs = {
  'models.ts': constant('modelRecords', models),
  'gpus.ts': constant('gpuData', { models: gpuModels, instanceTypes, nodeLabels }),
  ...Object.fromEntries(
    Object.entries(runtimes).map(([engine, list]) => [
      `runtimes-${engine}.ts`,
      constant(`${engine}Runtimes`, list),
    ]),
  ),
};
const stale = Object.entries(outputs).filter(([name, content]) => existing(name) !== content);
if (process.argv.includes('--check')) {
  if (stale.length > 0) fail(stale.map(([name]) => `${name} is stale: run node tools/presets/generate.mjs`));
} else {
  for (const [name, content] of stale) writeFileSync(join(target, name), content);
  console.log(`${stale.length} of ${Object.keys(outputs).length} files written`);
}

function files(pattern) {
  return globSync(pattern, { cwd: presets }).toSorted();
}

function read(file, schema) {
  const parsed = schema.safeParse(load(readFileSync(join(presets, file), 'utf8'), { filename: file }));
  if (parsed.success) return parsed.data;
  problems.push(
    ...parsed.error.issues.map(({ path, message }) => `presets/${file}: ${path.join('.')}: ${message}`),
  );
  return undefined;
}

function readModel(file) {
  const parsed = parseModelRecord(readFileSync(join(presets, file), 'utf8'), `presets/${file}`);
  const errors = parsed.issues.filter(({ severity }) => severity === 'error');
  problems.push(
    ...errors.map(({ filename, line, path, message }) => `${filename}:${line}: ${path}: ${message}`),
  );
  if (!parsed.ok) return [];
  if (parsed.value.name !== basename(file, '.yaml'))
    problems.push(`presets/${file}: is named ${parsed.value.name}`);
  return [parsed.value];
}

function withMigProfiles({ migProfiles, ...model }) {
  return migProfiles === undefined ? model : { ...model, migProfiles: migProfiles.map(migProfile) };
}

function migProfile(name) {
  const [, slices, memory] = /^(\d+)g\.([\d.]+)gb$/.exec(name);
  return { name, slices: Number(slices), nominalMemoryGiB: Number(memory) };
}

function expandPrices(file) {
  if (file === undefined) return [];
  const { provider, priceList, source } = file;
  return file.instanceTypes.map(({ price, ...type }) => ({
    ...type,
    provider,
    source,
    ...(price !== undefined && { price: { ...price, ...priceList } }),
  }));
}

function constant(name, value) {
  const json = JSON.stringify(value).replaceAll(/[\\']/g, '\\$&');
  return `// Written by tools/presets/generate.mjs from presets/; do not edit.\nexport const ${name}: string =\n  '${json}';\n`;
}

function existing(name) {
  try {
    return readFileSync(join(target, name), 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function fail(messages) {
  for (const message of messages) console.error(message);
  process.exit(1);
}
