// Must come first: x509 looks for it when it loads.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { webcrypto } from 'node:crypto';

export interface Certificates {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const validMilliseconds = 365 * 24 * 3600 * 1000;

/** A certificate authority that signs one server certificate and is then forgotten. */
export async function createCertificates(addresses: readonly string[], now: number): Promise<Certificates> {
  x509.cryptoProvider.set(globalThis.crypto);
  const authorityKeys = await keyPair();
  const serverKeys = await keyPair();
  const dates = { notBefore: new Date(now - 3_600_000), notAfter: new Date(now + validMilliseconds) };
  const authorityName = 'CN=kaito-local-cluster-ca';
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    ...dates,
    serialNumber: '01',
    name: authorityName,
    keys: authorityKeys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(authorityKeys.publicKey),
    ],
  });
  const names: x509.JsonGeneralName[] = [
    ...addresses.map((value) => ({
      type: /^[\d.]+$|:/.test(value) ? ('ip' as const) : ('dns' as const),
      value,
    })),
    { type: 'dns', value: 'kubernetes' },
  ];
  const certificate = await x509.X509CertificateGenerator.create({
    ...dates,
    serialNumber: now.toString(16).padStart(12, '0'),
    subject: 'CN=kaito-local-cluster',
    issuer: authorityName,
    publicKey: serverKeys.publicKey,
    signingKey: authorityKeys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names),
      await x509.AuthorityKeyIdentifierExtension.create(authorityKeys.publicKey),
    ],
  });
  const exported = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', serverKeys.privateKey)).toString(
    'base64',
  );
  const key = `-----BEGIN PRIVATE KEY-----\n${exported.replaceAll(/(.{64})/g, '$1\n').trim()}\n-----END PRIVATE KEY-----\n`;
  return {
    authority: `${authority.toString('pem')}\n`,
    certificate: `${certificate.toString('pem')}\n`,
    key,
  };
}

function keyPair(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}
