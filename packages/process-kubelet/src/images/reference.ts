import { ImageError } from './image-error.ts';

export interface ImageReference {
  /** Everything before the tag or digest: `vllm/vllm-openai`. */
  readonly name: string;
  /** `latest` unless told; a digest goes before it. */
  readonly tag: string;
  readonly digest?: string;
}

const namePattern = /^[a-z0-9]+(?:[._:/-]+[a-z0-9]+)*$/i;
const tagPattern = /^\w[\w.-]{0,127}$/;
const digestPattern = /^sha256:[0-9a-f]{64}$/;

/** Splits `name[:tag][@digest]`; the colon of a registry's port is not a tag. */
export function parseReference(text: string): ImageReference {
  const [rest = '', digest, ...more] = text.split('@');
  const colon = rest.lastIndexOf(':');
  const tagged = colon > rest.lastIndexOf('/');
  const name = tagged ? rest.slice(0, colon) : rest;
  const tag = tagged ? rest.slice(colon + 1) : 'latest';
  const valid =
    more.length === 0 &&
    namePattern.test(name) &&
    tagPattern.test(tag) &&
    (digest === undefined || digestPattern.test(digest));
  if (!valid) {
    throw new ImageError(
      'REFERENCE_INVALID',
      `${JSON.stringify(text)} is not an image reference (name[:tag][@sha256:…])`,
    );
  }
  return digest === undefined ? { name, tag } : { name, tag, digest };
}

/** The name under which the store keeps a tagged image. */
export function taggedName(reference: ImageReference): string {
  return `${reference.name}:${reference.tag}`;
}
