import type { ConfigMap, Logger } from '@kaito-ts/kube-runtime';
import type { Catalogue, ModelRecord } from '@kaito-ts/preset-catalog';
import { parseModelRecord } from '@kaito-ts/preset-catalog';

/** A record as its author wrote it. */
export interface RecordText {
  readonly filename: string;
  readonly text: string;
}

/** The catalogue with the users' records: those of the folder first, those of the ConfigMap last, so that they win. */
export function withUserRecords(base: Catalogue, records: readonly RecordText[], logger: Logger): Catalogue {
  const parsed = records.flatMap(({ filename, text }): ModelRecord[] => {
    const result = parseModelRecord(text, filename);
    const errors = result.issues.filter(({ severity }) => severity === 'error');
    for (const issue of errors) logger.error({ ...issue }, 'model record refused');
    return result.ok ? [result.value] : [];
  });
  return parsed.length === 0 ? base : base.withModels(parsed);
}

export function recordsOfConfigMap(configMap: ConfigMap | undefined): readonly RecordText[] {
  return Object.entries(configMap?.data ?? {})
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, text]) => ({ filename: `ConfigMap/${configMap?.metadata.name}[${key}]`, text }));
}
