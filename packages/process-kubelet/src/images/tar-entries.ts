import type { Readable } from 'node:stream';
import { Parser, type ReadEntry } from 'tar';
import { ImageError } from './image-error.ts';

const fatalWarnings = new Set(['TAR_ENTRY_INVALID', 'TAR_BAD_ARCHIVE', 'TAR_ABORT']);

/** Hands every entry of an uncompressed tar stream to `visit`, one after the other; a damaged archive is an error. */
export async function visitTarEntries(
  source: Readable,
  visit: (entry: ReadEntry) => Promise<void>,
): Promise<void> {
  let failure: unknown;
  let visiting = Promise.resolve();
  const visitAfter = async (earlier: Promise<void>, entry: ReadEntry): Promise<void> => {
    await earlier;
    try {
      if (failure === undefined) await visit(entry);
    } catch (error) {
      failure ??= error;
    } finally {
      entry.resume();
    }
  };
  const parser = new Parser({
    gzip: false,
    onReadEntry: (entry) => {
      visiting = visitAfter(visiting, entry);
    },
    onwarn: (code, message) => {
      if (fatalWarnings.has(code)) {
        failure ??= new ImageError('BLOB_CORRUPT', `the tar archive is damaged: ${message}`);
      }
    },
  });
  const ended = new Promise<void>((resolve) => {
    parser.on('end', resolve);
    parser.on('abort', () => resolve());
  });
  for await (const chunk of source as AsyncIterable<Buffer>) {
    if (failure !== undefined) break;
    if (!parser.write(chunk) && failure === undefined)
      await new Promise<void>((resolve) => parser.once('drain', resolve));
  }
  if (failure === undefined) {
    parser.end();
    await ended;
  }
  await visiting;
  if (failure !== undefined) throw failure;
}
