/** Thrown when a kubeconfig is missing, unreadable or names what is not there. */
export class KubeconfigError extends Error {
  override readonly name = 'KubeconfigError';
  readonly code = 'KUBECONFIG';

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
  }
}

export type Fields = Readonly<Record<string, unknown>>;

export function asRecord(value: unknown, where: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new KubeconfigError(`${where}: expected a map, found ${JSON.stringify(value)}`);
}

/** The `[{name, cluster: {…}}]` lists of a kubeconfig. */
export function entries(file: Fields, list: string, inner: string, where: string): [string, Fields][] {
  const items = file[list] ?? [];
  if (!Array.isArray(items)) throw new KubeconfigError(`${where}: ${list} is not a list`);
  return items.map((item: unknown, index) => {
    const at = `${where}: ${list}[${index}]`;
    const entry = asRecord(item, at);
    const name = optionalString(entry, 'name', at);
    if (name === undefined) throw new KubeconfigError(`${at}: name is missing`);
    return [name, asRecord(entry[inner] ?? {}, `${at}.${inner}`)];
  });
}

export function optionalString(fields: Fields, name: string, where: string): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value;
  throw new KubeconfigError(`${where}: ${name} is ${JSON.stringify(value)}, not text`);
}
