export type Json = Readonly<Record<string, unknown>>;

const resource = { count: 1, labelSelector: { matchLabels: { apps: 'demo' } } };
export const source = { name: 'pirate', image: 'registry.example/pirate:1' };

export function presetWorkspace({ resource: ofResource, inference, ...root }: Json = {}): Json {
  return {
    apiVersion: 'kaito.sh/v1beta1',
    kind: 'Workspace',
    metadata: { name: 'demo' },
    resource: { ...resource, ...(ofResource as Json) },
    inference: { preset: { name: 'phi-4-mini-instruct' }, ...(inference as Json) },
    ...root,
  };
}

export function adapterWorkspace(...adapters: readonly Json[]): Json {
  return presetWorkspace({ inference: { adapters } });
}

export function tuningWorkspace({ tuning, resource: ofResource, ...root }: Json = {}): Json {
  return {
    apiVersion: 'kaito.sh/v1beta1',
    kind: 'Workspace',
    metadata: { name: 'demo' },
    resource: { ...resource, ...(ofResource as Json) },
    tuning: {
      preset: { name: 'phi-3-mini-128k-instruct' },
      method: 'qlora',
      input: { urls: ['https://example.com/data.parquet'] },
      output: { image: 'registry.example/out:1', imagePushSecret: 'push' },
      ...(tuning as Json),
    },
    ...root,
  };
}

export const podTemplate: Json = { spec: { containers: [{ name: 'main', image: 'example/serve:1' }] } };

export function templateWorkspace(template: Json = podTemplate): Json {
  return presetWorkspace({ inference: { preset: undefined, template } });
}

/** One adapter; without a strength when it is undefined. */
export const adapter = (strength: unknown, name = 'pirate'): Json => ({
  source: { ...source, name },
  strength,
});
