import type { JsonPatchOperation, ValidatingWebhookConfiguration } from '@kaito-ts/kube-runtime';
import { readCertificates } from './pem.ts';

/** Path under which upstream's webhook answers, too. */
export const reviewPath = '/validate/workspace.kaito.sh';

/** Names and addresses under which the API server calls the webhooks of a configuration. */
export function hostsOf({ webhooks = [] }: ValidatingWebhookConfiguration): readonly string[] {
  const hosts = webhooks.flatMap(({ clientConfig: { service, url } }) => {
    if (service !== undefined) return [`${service.name}.${service.namespace}.svc`];
    return url !== undefined && URL.canParse(url) ? [new URL(url).hostname.replaceAll(/^\[|\]$/g, '')] : [];
  });
  return [...new Set(hosts)].sort();
}

/** The authorities that every webhook of the configuration trusts, as PEM text. */
export function bundleOf({ webhooks = [] }: ValidatingWebhookConfiguration): string {
  const [first, ...others] = webhooks.map(({ clientConfig }) =>
    Buffer.from(clientConfig.caBundle ?? '', 'base64').toString('utf8'),
  );
  if (first === undefined) return '';
  const inAll = others.map((pem) => new Set(fingerprints(pem)));
  return readCertificates(first)
    .filter(({ fingerprint256 }) => inAll.every((set) => set.has(fingerprint256)))
    .map((certificate) => certificate.toString())
    .join('');
}

export function fingerprints(pem: string): readonly string[] {
  return readCertificates(pem).map(({ fingerprint256 }) => fingerprint256);
}

/** Writes the bundle into every webhook of the configuration, if it is still the version that was read. */
export function bundlePatch(
  { metadata, webhooks = [] }: ValidatingWebhookConfiguration,
  bundlePem: string,
): readonly JsonPatchOperation[] {
  const value = Buffer.from(bundlePem, 'utf8').toString('base64');
  return [
    { op: 'test', path: '/metadata/resourceVersion', value: metadata.resourceVersion },
    ...webhooks.map((_, index): JsonPatchOperation => {
      return { op: 'add', path: `/webhooks/${index}/clientConfig/caBundle`, value };
    }),
  ];
}
