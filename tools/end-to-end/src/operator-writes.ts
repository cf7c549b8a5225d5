import { readFile } from 'node:fs/promises';
import { kinds } from '@kaito-ts/kube-runtime';

interface AuditEntry {
  readonly verb: string;
  readonly userAgent?: string;
  readonly objectRef?: { readonly resource?: string };
}

const writingVerbs = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);
const bookkeeping: ReadonlySet<string> = new Set([kinds.leases.plural, kinds.events.plural]);

/** What the operator wrote, Leases and Events left out, according to the API server's own audit log. */
export async function countOperatorWrites(auditLogPath: string): Promise<number> {
  // The API server may be in the midst of the last line.
  const lines = (await readFile(auditLogPath, 'utf8')).split('\n').slice(0, -1);
  return lines
    .filter((line) => line.includes('kaito-operator'))
    .map((line) => JSON.parse(line) as AuditEntry)
    .filter(
      ({ verb, userAgent = '', objectRef }) =>
        writingVerbs.has(verb) &&
        userAgent.startsWith('kaito-operator') &&
        !bookkeeping.has(objectRef?.resource ?? ''),
    ).length;
}
