import { open, stat } from 'node:fs/promises';

export interface AuditEntry {
  readonly verb: string;
  readonly userAgent?: string;
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
  readonly requestReceivedTimestamp?: string;
}

/** What one program asked of the API server. */
export interface Calls {
  /** get and list. */
  readonly reads: number;
  readonly watches: number;
  /** Beside those of Leases and Events. */
  readonly writes: number;
  readonly leaseWrites: number;
  readonly eventWrites: number;
  /** `patch workspaces/status` → how often, writes of Leases and Events left out. */
  readonly writesByTarget: Readonly<Record<string, number>>;
  readonly readsByTarget: Readonly<Record<string, number>>;
}

const writingVerbs: ReadonlySet<string> = new Set([
  'create',
  'update',
  'patch',
  'delete',
  'deletecollection',
]);

export function isWrite({ verb, responseStatus }: AuditEntry): boolean {
  return writingVerbs.has(verb) && (responseStatus?.code ?? 0) < 600;
}

/** The resource with its subresource, such as `workspaces/status`. */
export function targetOf({ objectRef }: AuditEntry): string {
  const { resource = '', subresource } = objectRef ?? {};
  return subresource === undefined ? resource : `${resource}/${subresource}`;
}

export function countCalls(entries: readonly AuditEntry[]): Calls {
  const ofLeases = entries.filter((entry) => isWrite(entry) && targetOf(entry) === 'leases').length;
  const ofEvents = entries.filter((entry) => isWrite(entry) && targetOf(entry) === 'events').length;
  const writes = entries.filter((entry) => isWrite(entry) && !['leases', 'events'].includes(targetOf(entry)));
  const reads = entries.filter(({ verb, objectRef }) => isRead(verb) && objectRef?.resource !== 'leases');
  return {
    reads: reads.length,
    watches: entries.filter(({ verb }) => verb === 'watch').length,
    writes: writes.length,
    leaseWrites: ofLeases,
    eventWrites: ofEvents,
    writesByTarget: byTarget(writes),
    readsByTarget: byTarget(reads),
  };
}

function byTarget(entries: readonly AuditEntry[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const entry of entries) {
    const target = `${entry.verb} ${targetOf(entry)}`;
    counts[target] = (counts[target] ?? 0) + 1;
  }
  return counts;
}

function isRead(verb: string): boolean {
  return verb === 'get' || verb === 'list';
}

/** Reads an API server's audit log as it grows; what was there before is not looked at. */
export class AuditLog {
  readonly #path: string;
  readonly #userAgent: string;
  #offset: number;

  private constructor(path: string, userAgent: string, offset: number) {
    this.#path = path;
    this.#userAgent = userAgent;
    this.#offset = offset;
  }

  /** `userAgent` is the beginning of the program's user agent. */
  static async from(path: string, userAgent: string): Promise<AuditLog> {
    return new AuditLog(path, userAgent, (await stat(path)).size);
  }

  /** The program's calls that were answered since the last time. */
  async take(): Promise<readonly AuditEntry[]> {
    const entries: AuditEntry[] = [];
    const file = await open(this.#path);
    try {
      const { size } = await file.stat();
      const { buffer } = await file.read({
        buffer: Buffer.alloc(size - this.#offset),
        position: this.#offset,
      });
      const end = buffer.lastIndexOf('\n') + 1;
      this.#offset += end;
      for (const line of buffer.toString('utf8', 0, end).split('\n')) {
        // Most lines are of others; looking for the name first saves parsing them.
        if (!line.includes(this.#userAgent)) continue;
        const entry = JSON.parse(line) as AuditEntry;
        if (entry.userAgent?.startsWith(this.#userAgent) === true) entries.push(entry);
      }
    } finally {
      await file.close();
    }
    return entries;
  }
}
