import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { SizingInputError } from '@kaito-ts/gpu-sizing';
import { isJsonObject, parsePublishedJson, type Catalogue, type JsonValue } from '@kaito-ts/preset-catalog';
import { sizeLine } from './size-line.ts';

/** Answers JSON lines one by one, in their order; a line that cannot be answered gets its error and the rest go on. */
export async function* answerBatch(file: string, catalogue: Catalogue): AsyncGenerator<string> {
  const input = file === '-' ? process.stdin : createReadStream(file);
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) {
    if (line.trim() !== '') yield JSON.stringify(answerLine(line, catalogue));
  }
}

export function answerLine(text: string, catalogue: Catalogue): object {
  let id: JsonValue = null;
  try {
    const line = parsePublishedJson(text);
    if (!isJsonObject(line)) throw new SizingInputError('BAD_INPUT', 'line', 'must be a JSON object');
    id = line['id'] ?? null;
    return { id, ...sizeLine(line, catalogue) };
  } catch (error) {
    return { id, error: describeError(error) };
  }
}

export function describeError(error: unknown): {
  readonly code: string;
  readonly key?: string;
  readonly message: string;
} {
  if (error instanceof SizingInputError) return { code: error.code, key: error.key, message: error.message };
  if (error instanceof SyntaxError) return { code: 'BAD_JSON', message: error.message };
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
}
