import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates in a PEM text, in order; what is none is left out. */
export function readCertificates(pem: string): readonly X509Certificate[] {
  return (pem.match(block) ?? []).flatMap((text) => {
    try {
      return [new X509Certificate(text)];
    } catch {
      return [];
    }
  });
}

/** True when the API server, trusting the bundle, would accept this chain. */
export function isTrusted(chainPem: string, bundlePem: string): boolean {
  const last = readCertificates(chainPem).at(-1);
  if (last === undefined) return false;
  return readCertificates(bundlePem).some(
    (authority) =>
      authority.fingerprint256 === last.fingerprint256 ||
      (last.checkIssued(authority) && last.verify(authority.publicKey)),
  );
}

/** Whether a certificate is for each of these hosts, names and addresses alike. */
export function coversHosts(certificate: X509Certificate, hosts: readonly string[]): boolean {
  return hosts.every(
    (host) => (isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) !== undefined,
  );
}
