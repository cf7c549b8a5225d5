// What one file of presets/ says about another must be true.
export function crossCheck({ models, gpuModels, instanceTypes, runtimes }) {
  return [
    ...repeatedNames(models),
    ...unknownParsers(models, runtimes.vllm),
    ...unknownFlags(models, runtimes),
    ...unknownGpus(gpuModels, instanceTypes),
    ...Object.entries(runtimes).flatMap(([engine, files]) => brokenChains(engine, files)),
  ];
}

function repeatedNames(models) {
  const seen = new Map();
  return models.flatMap(({ name, aliases }) =>
    [name, ...aliases].flatMap((spelling) => {
      const key = spelling.toLowerCase();
      const other = seen.get(key);
      seen.set(key, name);
      return other === undefined ? [] : [`presets/models: ${name} and ${other} are both called ${spelling}`];
    }),
  );
}

function unknownParsers(models, files) {
  const { toolCallParsers, reasoningParsers } = files.find((file) => file.default);
  return models.flatMap(({ name, toolCallParser, reasoningParser }) => [
    ...unless(toolCallParsers, toolCallParser, `presets/models/${name}.yaml: toolCallParser`),
    ...unless(reasoningParsers, reasoningParser, `presets/models/${name}.yaml: reasoningParser`),
  ]);
}

function unless(known, value, where) {
  return value === undefined || known.includes(value) ? [] : [`${where}: the default vLLM has no ${value}`];
}

function unknownFlags(models, runtimes) {
  return models.flatMap(({ name, engineArguments = {} }) =>
    Object.entries(engineArguments).flatMap(([engine, flags]) => {
      const known = new Set(runtimes[engine].find((file) => file.default).flags.map((flag) => flag.name));
      return Object.keys(flags)
        .filter((flag) => !known.has(flag))
        .map((flag) => `presets/models/${name}.yaml: engineArguments.${engine}: no flag ${flag}`);
    }),
  );
}

function unknownGpus(gpuModels, instanceTypes) {
  const known = new Set(gpuModels.map(({ name }) => name));
  return instanceTypes
    .filter(({ gpu }) => gpu !== undefined && !known.has(gpu))
    .map(({ name, gpu }) => `presets/gpus: ${name} has a GPU that gpu-models.yaml lacks: ${gpu}`);
}

function brokenChains(engine, files) {
  const versions = new Set(files.map(({ version }) => version));
  const defaults = files.filter((file) => file.default).length;
  return [
    ...(defaults === 1 ? [] : [`presets/runtimes/${engine}: ${defaults} default versions`]),
    ...files
      .filter(({ basedOn }) => basedOn !== undefined && !versions.has(basedOn))
      .map(({ version, basedOn }) => `presets/runtimes/${engine}/${version}.yaml: there is no ${basedOn}`),
  ];
}
