import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ImageError } from './image-error.ts';

export interface BlobInfo {
  readonly digest: string;
  readonly size: number;
}

/** Content-addressed files of an OCI layout: written under a temporary name, verified, then renamed. */
export class BlobFolder {
  readonly #directory: string;

  constructor(layoutDirectory: string) {
    this.#directory = join(layoutDirectory, 'blobs', 'sha256');
  }

  path(digest: string): string {
    return join(this.#directory, digest.replace('sha256:', ''));
  }

  async has(digest: string): Promise<boolean> {
    return access(this.path(digest)).then(
      () => true,
      () => false,
    );
  }

  /** Stores a stream; `transforms` run before the bytes are hashed and written. */
  async write(
    source: Readable,
    transforms: readonly Transform[] = [],
    expectedDigest?: string,
  ): Promise<BlobInfo> {
    await mkdir(this.#directory, { recursive: true });
    const temporary = join(this.#directory, `.tmp-${randomUUID()}`);
    const digest = digestStream();
    try {
      await pipeline([source, ...transforms, digest.stream, createWriteStream(temporary)]);
      const info = digest.result();
      if (expectedDigest !== undefined && info.digest !== expectedDigest) {
        throw new ImageError('BLOB_CORRUPT', `a blob named ${expectedDigest} holds ${info.digest}`);
      }
      await rename(temporary, this.path(info.digest));
      return info;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  async writeJson(value: unknown): Promise<BlobInfo> {
    const bytes = Buffer.from(JSON.stringify(value));
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    await mkdir(this.#directory, { recursive: true });
    const temporary = join(this.#directory, `.tmp-${randomUUID()}`);
    await writeFile(temporary, bytes);
    await rename(temporary, this.path(digest));
    return { digest, size: bytes.byteLength };
  }

  async readText(digest: string): Promise<string> {
    const bytes = await readFile(this.path(digest)).catch((cause: unknown) => {
      throw new ImageError('LAYOUT_INVALID', `blob ${digest} is missing`, { cause });
    });
    const actual = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    if (actual !== digest) throw new ImageError('BLOB_CORRUPT', `a blob named ${digest} holds ${actual}`);
    return bytes.toString('utf8');
  }

  open(digest: string): Readable {
    return createReadStream(this.path(digest));
  }
}

/** A pass-through that hashes and counts what flows. */
export function digestStream(): { readonly stream: Transform; readonly result: () => BlobInfo } {
  const hash = createHash('sha256');
  let size = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      size += chunk.byteLength;
      done(null, chunk);
    },
  });
  return { stream, result: () => ({ digest: `sha256:${hash.digest('hex')}`, size }) };
}
