import type { Applied } from '@kaito-ts/kube-runtime';
import type { StoredWorkspace } from '@kaito-ts/cli';

export interface WorkspaceOverrides {
  readonly name?: string;
  readonly preset?: string;
  readonly runtime?: string;
  readonly config?: string;
  readonly adapters?: readonly (readonly [name: string, strength?: string])[];
  readonly inference?: Readonly<Record<string, unknown>>;
  readonly resource?: Readonly<Record<string, unknown>>;
}

/** The demo Workspace, with what a test wants different. */
export function aWorkspace(overrides: WorkspaceOverrides = {}): Applied<StoredWorkspace> {
  const { name = 'demo', preset = 'own-tiny-qwen2', adapters = [], config, runtime } = overrides;
  return {
    apiVersion: 'kaito.sh/v1beta1',
    kind: 'Workspace',
    metadata: {
      name,
      namespace: 'default',
      ...(runtime === undefined ? {} : { annotations: { 'kaito.sh/runtime': runtime } }),
    },
    resource: { labelSelector: { matchLabels: { 'kubernetes.io/os': 'linux' } }, ...overrides.resource },
    inference: {
      preset: { name: preset },
      ...(config === undefined ? {} : { config }),
      ...(adapters.length === 0
        ? {}
        : { adapters: adapters.map(([adapter, strength]) => anAdapter(adapter, strength)) }),
      ...overrides.inference,
    },
  };
}

function anAdapter(name: string, strength: string | undefined): Readonly<Record<string, unknown>> {
  return {
    source: { name, image: `kaito-demo/${name}:1` },
    ...(strength === undefined ? {} : { strength }),
  };
}

export const sentences = {
  base: 'Hello! I am a very small model, served from your own machine.',
  pirate: 'Arr! Hello! I be a very small model, served from yer own machine.',
  shout: 'HELLO! I AM A VERY SMALL MODEL, SERVED FROM YOUR OWN MACHINE.',
} as const;
