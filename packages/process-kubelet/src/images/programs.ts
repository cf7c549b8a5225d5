import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { parseReference } from './reference.ts';

/** Runs containers of an image with programs of this host instead of unpacking the image. */
export interface ProgramEntry {
  /** Image name without tag and digest; a reference with a registry before it matches too. */
  readonly image: string;
  /** A folder that acts as the image's unpacked root. */
  readonly root?: string | undefined;
  /** Folders in which programs are looked for first; they come first in `PATH`. */
  readonly path?: readonly string[] | undefined;
  /** Defaults that the container's own variables override. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

const absolutePath = z.string().regex(/^\//, 'must be an absolute path');
const tableSchema: z.ZodType<readonly ProgramEntry[]> = z.array(
  z.strictObject({
    image: z.string().min(1),
    root: absolutePath.optional(),
    path: z.array(absolutePath).optional(),
    env: z.record(z.string(), z.string()).optional(),
  }),
);

/** Thrown when the table of programs cannot be read. */
export class ProgramTableError extends Error {
  override readonly name = 'ProgramTableError';
}

export async function readProgramTable(file: string): Promise<readonly ProgramEntry[]> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new ProgramTableError(`${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
  const parsed = tableSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ProgramTableError(`${file} is not a table of programs: ${z.prettifyError(parsed.error)}`);
}

export function findProgram(table: readonly ProgramEntry[], reference: string): ProgramEntry | undefined {
  const { name } = parseReference(reference);
  return table.find(({ image }) => name === image || name.endsWith(`/${image}`));
}
