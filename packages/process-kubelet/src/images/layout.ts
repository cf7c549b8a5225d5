import { z } from 'zod';
import { ImageError } from './image-error.ts';

/** Media types and the parts of the OCI image layout that this store reads and writes. */
export const mediaTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  layerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
} as const;

/** The annotation of an index entry that holds its full reference. */
export const referenceAnnotation = 'org.opencontainers.image.ref.name';
/** What containerd and podman write beside it; it holds the whole name where the other has the tag only. */
export const imageNameAnnotation = 'io.containerd.image.name';

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly platform?:
    | { readonly architecture?: string | undefined; readonly os?: string | undefined }
    | undefined;
}

export interface ImageIndex {
  readonly manifests: readonly Descriptor[];
}

export interface ImageManifest {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

export interface ImageConfigFile {
  readonly config?: ProcessDefaults | null | undefined;
  readonly rootfs?: { readonly diff_ids: readonly string[] } | undefined;
}

/** Field names are the image specification's. */
interface ProcessDefaults {
  readonly Entrypoint?: readonly string[] | null | undefined;
  readonly Cmd?: readonly string[] | null | undefined;
  readonly Env?: readonly string[] | null | undefined;
  readonly WorkingDir?: string | null | undefined;
  readonly User?: string | null | undefined;
}

const descriptorSchema: z.ZodType<Descriptor> = z.object({
  mediaType: z.string(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.int().min(0),
  annotations: z.record(z.string(), z.string()).optional(),
  platform: z.object({ architecture: z.string().optional(), os: z.string().optional() }).optional(),
});

const indexSchema: z.ZodType<ImageIndex> = z.object({ manifests: z.array(descriptorSchema) });

const manifestSchema: z.ZodType<ImageManifest> = z.object({
  config: descriptorSchema,
  layers: z.array(descriptorSchema),
});

const configSchema: z.ZodType<ImageConfigFile> = z.object({
  config: z
    .object({
      Entrypoint: z.array(z.string()).nullish(),
      Cmd: z.array(z.string()).nullish(),
      Env: z.array(z.string()).nullish(),
      WorkingDir: z.string().nullish(),
      User: z.string().nullish(),
    })
    .nullish(),
  rootfs: z.object({ diff_ids: z.array(z.string()) }).optional(),
});

export function parseIndex(text: string, where: string): ImageIndex {
  return parse(indexSchema, text, where);
}

export function parseManifest(text: string, where: string): ImageManifest {
  return parse(manifestSchema, text, where);
}

export function parseConfig(text: string, where: string): ImageConfigFile {
  return parse(configSchema, text, where);
}

export function isIndexType(mediaType: string): boolean {
  return mediaType === mediaTypes.index || mediaType === mediaTypes.dockerIndex;
}

function parse<T>(schema: z.ZodType<T>, text: string, where: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const detail = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new ImageError('LAYOUT_INVALID', `${where} is not valid: ${detail}`, { cause });
  }
}
