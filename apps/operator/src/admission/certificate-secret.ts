import type { Secret } from '@kaito-ts/kube-runtime';

/** PEM texts of what a webhook server needs, and of the authority that clients must trust. */
export interface ServingCertificate {
  readonly certificate: string;
  readonly key: string;
  readonly authority: string;
}

/** What the Secret holds. Every replica serves under `current`; `next` waits until the API servers trust it. */
export interface StoredCertificates {
  readonly current: ServingCertificate | undefined;
  readonly next: ServingCertificate | undefined;
  /** The authority before the current one, trusted until every replica has reloaded. */
  readonly previous: { readonly authority: string; readonly until: number } | undefined;
}

/** The first three are cert-manager's names too. */
const keys = {
  current: { certificate: 'tls.crt', key: 'tls.key', authority: 'ca.crt' },
  next: { certificate: 'next-tls.crt', key: 'next-tls.key', authority: 'next-ca.crt' },
  previous: { authority: 'previous-ca.crt', until: 'previous-until' },
} as const;

export function readSecret({ data = {} }: Pick<Secret, 'data'>): StoredCertificates {
  const text = (key: string): string => Buffer.from(data[key] ?? '', 'base64').toString('utf8');
  const generation = (
    names: Readonly<Record<keyof ServingCertificate, string>>,
  ): ServingCertificate | undefined => {
    const found = {
      certificate: text(names.certificate),
      key: text(names.key),
      authority: text(names.authority),
    };
    return found.certificate === '' || found.key === '' ? undefined : found;
  };
  const authority = text(keys.previous.authority);
  const until = Date.parse(text(keys.previous.until));
  return {
    current: generation(keys.current),
    next: generation(keys.next),
    previous: authority === '' ? undefined : { authority, until: Number.isNaN(until) ? 0 : until },
  };
}

/** The Secret's whole data: what is not stored is not kept. */
export function renderSecretData(stored: StoredCertificates): Readonly<Record<string, string>> {
  const data: Record<string, string> = {};
  for (const name of ['current', 'next'] as const) {
    for (const part of ['certificate', 'key', 'authority'] as const) {
      const text = stored[name]?.[part] ?? '';
      if (text !== '') data[keys[name][part]] = text;
    }
  }
  if (stored.previous !== undefined) {
    data[keys.previous.authority] = stored.previous.authority;
    data[keys.previous.until] = new Date(stored.previous.until).toISOString();
  }
  return Object.fromEntries(
    Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'utf8').toString('base64')]),
  );
}
