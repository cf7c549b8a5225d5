import { ConfigurationError } from '../pod/configuration-error.ts';
import { readField, readResourceField, type DownwardFacts } from '../pod/downward.ts';
import type { DownwardFiles, FileSelection, Pod, ProjectedSource, Volume } from '../pod/pod.ts';
import type { Payload, PayloadFile } from './atomic-folder.ts';

/** Where volumes get what the API server holds. */
export interface VolumeSources {
  configMap(namespace: string, name: string): Promise<ReadonlyMap<string, Buffer> | undefined>;
  secret(namespace: string, name: string): Promise<ReadonlyMap<string, Buffer> | undefined>;
  serviceAccountToken(
    pod: Pod,
    request: { readonly audience?: string; readonly expirationSeconds: number },
  ): Promise<string>;
}

export interface PayloadContext {
  readonly pod: Pod;
  readonly sources: VolumeSources;
  readonly facts: DownwardFacts;
}

const defaultMode = 0o644;
const defaultTokenSeconds = 3600;

/** The files of a volume that shows API objects; undefined for every other kind of volume. */
export async function volumePayload(volume: Volume, context: PayloadContext): Promise<Payload | undefined> {
  if (volume.configMap) {
    return selectedFiles('ConfigMap', { ...volume.configMap, mode: volume.configMap.defaultMode }, context);
  }
  if (volume.secret) {
    const selection = { ...volume.secret, name: volume.secret.secretName, mode: volume.secret.defaultMode };
    return selectedFiles('Secret', selection, context);
  }
  if (volume.downwardAPI) return downwardFiles(volume.downwardAPI, volume.downwardAPI.defaultMode, context);
  if (volume.projected) {
    const files = new Map<string, PayloadFile>();
    for (const source of volume.projected.sources ?? []) {
      for (const [path, file] of await projectedFiles(source, volume.projected.defaultMode, context))
        files.set(path, file);
    }
    return files;
  }
  return undefined;
}

async function projectedFiles(
  source: ProjectedSource,
  mode: number | undefined,
  context: PayloadContext,
): Promise<Payload> {
  const files = new Map<string, PayloadFile>();
  const add = (payload: Payload): void => {
    for (const [path, file] of payload) files.set(path, file);
  };
  if (source.configMap) add(await selectedFiles('ConfigMap', { ...source.configMap, mode }, context));
  if (source.secret) add(await selectedFiles('Secret', { ...source.secret, mode }, context));
  if (source.downwardAPI) add(downwardFiles(source.downwardAPI, mode, context));
  if (source.serviceAccountToken) {
    const { path, audience, expirationSeconds = defaultTokenSeconds } = source.serviceAccountToken;
    const request = audience === undefined ? { expirationSeconds } : { audience, expirationSeconds };
    const token = await context.sources.serviceAccountToken(context.pod, request);
    files.set(relativePath(path), { content: Buffer.from(token), mode: mode ?? defaultMode });
  }
  return files;
}

async function selectedFiles(
  kind: 'ConfigMap' | 'Secret',
  selection: FileSelection & { readonly name: string; readonly mode: number | undefined },
  { pod, sources }: PayloadContext,
): Promise<Payload> {
  const { name, items, optional = false, mode = defaultMode } = selection;
  const namespace = pod.metadata.namespace ?? 'default';
  const data =
    kind === 'ConfigMap' ? await sources.configMap(namespace, name) : await sources.secret(namespace, name);
  if (data === undefined) {
    if (optional) return new Map();
    throw new ConfigurationError(
      'ContainerCreating',
      `${kind.toLowerCase()} ${JSON.stringify(name)} not found`,
    );
  }
  if (items === undefined) return new Map([...data].map(([key, content]) => [key, { content, mode }]));
  const files = new Map<string, PayloadFile>();
  for (const { key, path, mode: itemMode = mode } of items) {
    const content = data.get(key);
    if (content !== undefined) files.set(relativePath(path), { content, mode: itemMode });
    else if (!optional) {
      const message = `${kind.toLowerCase()} ${namespace}/${name} has no key ${JSON.stringify(key)}`;
      throw new ConfigurationError('ContainerCreating', message);
    }
  }
  return files;
}

function downwardFiles(
  { items = [] }: DownwardFiles,
  mode: number | undefined,
  { pod, facts }: PayloadContext,
): Payload {
  return new Map(
    items.map((item) => {
      const text = item.fieldRef
        ? readField(item.fieldRef, pod, facts)
        : item.resourceFieldRef
          ? readResourceField(item.resourceFieldRef, { pod, facts })
          : '';
      return [
        relativePath(item.path),
        { content: Buffer.from(text), mode: item.mode ?? mode ?? defaultMode },
      ];
    }),
  );
}

function relativePath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (path.startsWith('/') || parts.includes('..') || parts.length === 0) {
    throw new ConfigurationError(
      'CreateContainerConfigError',
      `${JSON.stringify(path)} is no path inside a volume`,
    );
  }
  return parts.join('/');
}
