import type { JsonGeneralName } from '@peculiar/x509';
import type { ServingCertificate } from './certificate-secret.ts';
import { randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';

export interface CertificateWish {
  /** Names and addresses that the API server calls. */
  readonly hosts: readonly string[];
  readonly now: number;
  readonly lifetimeMilliseconds: number;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
/** The API server's clock may be behind ours. */
const backdatedMilliseconds = 3_600_000;

/** A certificate and the authority that signed it; the authority's key is forgotten, so it will never sign another. */
export async function issueCertificate(wish: CertificateWish): Promise<ServingCertificate> {
  const x509 = await loadX509();
  x509.cryptoProvider.set(globalThis.crypto);
  const [authorityKeys, serverKeys] = await Promise.all([keyPair(), keyPair()]);
  const dates = {
    notBefore: new Date(wish.now - backdatedMilliseconds),
    notAfter: new Date(wish.now + wish.lifetimeMilliseconds),
  };
  const serial = serialNumber();
  // Several authorities stand in one bundle: each needs a name of its own.
  const authorityName = `CN=kaito-webhook-ca-${serial}`;
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    ...dates,
    serialNumber: serialNumber(),
    name: authorityName,
    keys: authorityKeys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(authorityKeys.publicKey),
    ],
  });
  const certificate = await x509.X509CertificateGenerator.create({
    ...dates,
    serialNumber: serial,
    subject: 'CN=kaito-webhook',
    issuer: authorityName,
    publicKey: serverKeys.publicKey,
    signingKey: authorityKeys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(wish.hosts.map(generalName)),
      await x509.AuthorityKeyIdentifierExtension.create(authorityKeys.publicKey),
    ],
  });
  return {
    certificate: `${certificate.toString('pem')}\n`,
    key: await exportKey(serverKeys.privateKey),
    authority: `${authority.toString('pem')}\n`,
  };
}

/** Loaded when it is needed, a few times a year: it would cost every process a few MiB. */
async function loadX509(): Promise<typeof import('@peculiar/x509')> {
  // Must come first: x509 looks for it when it loads.
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

function generalName(host: string): JsonGeneralName {
  return { type: isIP(host) === 0 ? 'dns' : 'ip', value: host };
}

/** Positive in DER: the first bit is 0, and the first byte is not. */
function serialNumber(): string {
  return `7f${randomBytes(15).toString('hex')}`;
}

function keyPair(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const base64 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${base64.replaceAll(/(.{64})/g, '$1\n').trim()}\n-----END PRIVATE KEY-----\n`;
}
