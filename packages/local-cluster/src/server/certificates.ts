// Must come first: x509 looks for it when it loads.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { KeyObject, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';

export interface Certificate {
  /** PEM; signed by itself, so it is what clients trust, too. */
  readonly certificate: string;
  readonly key: string;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const validMilliseconds = 365 * 24 * 3600 * 1000;
/** Clocks of server and client may differ. */
const clockSkewMilliseconds = 3600 * 1000;

/** A certificate for these addresses that nobody but its key can renew. */
export async function createCertificate(addresses: readonly string[], now: number): Promise<Certificate> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const names: x509.JsonGeneralName[] = addresses.map((value) => ({
    type: isIP(value) ? 'ip' : 'dns',
    value,
  }));
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    notBefore: new Date(now - clockSkewMilliseconds),
    notAfter: new Date(now + validMilliseconds),
    serialNumber: now.toString(16).padStart(12, '0'),
    name: 'CN=kaito-local-cluster',
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names),
    ],
  });
  const key = KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' });
  return { certificate: `${certificate.toString('pem')}\n`, key: String(key) };
}
