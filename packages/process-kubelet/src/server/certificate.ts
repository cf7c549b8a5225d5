// Must come first: x509 looks for it when it loads.
import 'reflect-metadata';

export interface ServingCertificate {
  readonly certificate: string;
  readonly privateKey: string;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const validMilliseconds = 365 * 24 * 3600 * 1000;
/** Clocks of API server and node may differ. */
const clockSkewMilliseconds = 3600 * 1000;

/** A self-signed certificate for the node's log server: API servers do not verify it unless told to. */
export async function selfSignedCertificate(
  names: { readonly node: string; readonly address: string },
  now: number,
): Promise<ServingCertificate> {
  const { SubjectAlternativeNameExtension, X509CertificateGenerator } = await import('@peculiar/x509');
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: Buffer.from(crypto.getRandomValues(new Uint8Array(8)))
      .toString('hex')
      .replace(/^[89a-f]/, '1'),
    name: `CN=system:node:${names.node}`,
    notBefore: new Date(now - clockSkewMilliseconds),
    notAfter: new Date(now + validMilliseconds),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new SubjectAlternativeNameExtension([
        { type: 'ip', value: names.address },
        { type: 'dns', value: names.node },
      ]),
    ],
  });
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return {
    certificate: certificate.toString('pem'),
    privateKey: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`,
  };
}
